import { ALIASES, type TriggerSlug } from '../catalogue/triggers.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'
import type { Json } from '../lib/json.ts'
import type { CallEvent } from './event.ts'
import { encodeField } from './form.ts'
import { textOf } from './template.ts'
import { formatDate, formatStamp, formatTime, parseStamp } from './timestamps.ts'
import { isNamed, QUOTED, STAMP_NAMES, vocabularyOf, type Vocabulary } from './vocabulary.ts'

/** The parts of a call whose stamp is also told split into a date and a time. */
const SPLIT = [
  { stamp: 'start_stamp', date: 'start_date', time: 'start_time' },
  { stamp: 'end_stamp', date: 'end_date', time: 'end_time' },
] as const

/** How the fields of a request are written. */
export type Encoding = 'typed JSON' | 'strings in JSON' | 'form' | 'form with brackets'

/** The fields of an event in one encoding: each by itself, for a webhook that puts others in, and all of them. */
export interface Fields {
  readonly names: readonly string[]
  readonly each: readonly string[]
  readonly all: string
}

/** What an event says in the format and zone of a webhook, once names, aliases, blanks and times are put right. */
export class Values {
  readonly vocabulary: Vocabulary
  readonly #facts: Facts
  /** What is written by format and zone. */
  readonly #times: ReadonlyMap<string, string>
  readonly #fields = new Map<Encoding, Fields>()

  constructor(vocabulary: Vocabulary, facts: Facts, times: ReadonlyMap<string, string>) {
    this.vocabulary = vocabulary
    this.#facts = facts
    this.#times = times
  }

  /** The value of a name, its blank if the event does not carry it, or undefined if nobody knows the name. */
  get(name: string): Json | undefined {
    const value = this.#times.get(name) ?? this.#facts.all.get(name)
    if (value !== undefined) return value
    return this.vocabulary.blanks.get(name) ?? (ALIASES.has(name) ? '' : undefined)
  }

  /** The trigger's variables in the catalogue's order, each there, and then whatever else came, as it came. */
  fields(encoding: Encoding): Fields {
    const known = this.#fields.get(encoding)
    if (known !== undefined) return known
    const { own, isOwn } = this.vocabulary
    const names = [...own, ...this.#facts.carried.filter((name) => !isOwn.has(name))]
    const each = names.map((name) => {
      const value = this.get(name)
      return encoded(name, value === undefined ? '' : value, encoding)
    })
    const fields = { names, each, all: joined(each, encoding) }
    this.#fields.set(encoding, fields)
    return fields
  }
}

/** One field. JSON is put together by hand: an object would reorder keys like numbers and lose `__proto__`. */
export function encoded(name: string, value: Json, encoding: Encoding): string {
  switch (encoding) {
    case 'typed JSON':
      return quoted(name) + JSON.stringify(value)
    case 'strings in JSON':
      return quoted(name) + JSON.stringify(textOf(value))
    case 'form':
      return encodeField(name, value, 'json')
    case 'form with brackets':
      return encodeField(name, value, 'brackets')
  }
}

function quoted(name: string): string {
  return QUOTED.get(name) ?? `${JSON.stringify(name)}:`
}

/** Fields as the body or the query that they make up. */
export function joined(fields: readonly string[], encoding: Encoding): string {
  return encoding === 'form' || encoding === 'form with brackets' ? fields.join('&') : `{${fields.join(',')}}`
}

/** What an event says whatever the webhook. */
interface Facts {
  readonly all: ReadonlyMap<string, Json>
  /** The names that the event itself carries, in its order. */
  readonly carried: readonly string[]
  /** The instants (s since epoch) of its stamps. */
  readonly instants: ReadonlyMap<string, number>
}

interface Known {
  readonly sourceTimeZone: string
  readonly facts: Facts
  readonly values: { format: string; zone: string; values: Values }[]
}

// The webhooks of an account mostly want an event in one format and zone, and then it is put right once for all.
const known = new WeakMap<CallEvent, Known>()

/** What an event of a call says to a webhook. An event is the same object for as long as its variables are. */
export function valuesOf(
  webhook: WebhookConfig,
  event: CallEvent,
  slug: TriggerSlug,
  sourceTimeZone: string,
): Values {
  const vocabulary = vocabularyOf(slug)
  let of = known.get(event)
  if (of?.sourceTimeZone !== sourceTimeZone) {
    of = { sourceTimeZone, facts: factsOf(event, vocabulary, sourceTimeZone), values: [] }
    known.set(event, of)
  }
  const { date_time_format: format, time_zone: zone } = webhook
  for (const each of of.values) if (each.format === format && each.zone === zone) return each.values
  const values = new Values(vocabulary, of.facts, timesOf(of.facts.instants, webhook))
  of.values.push({ format, zone, values })
  return values
}

function factsOf(event: CallEvent, { blanks }: Vocabulary, sourceTimeZone: string): Facts {
  const all = new Map<string, Json>()
  for (const key of Object.keys(event.variables)) {
    const value = event.variables[key] ?? null
    // Some keys of live lines end in a space.
    const name = key.trim()
    if (name !== key && Object.hasOwn(event.variables, name)) continue
    const blank = blanks.get(name)
    // Live lines write "" for an empty object or list, and the name itself for what was not filled in. A null says
    // no more than those; beyond the catalogue, where no type is known that it could break, it stays as it came.
    const isNull = value === null && blank !== undefined
    all.set(name, value === '' || isNull || isUnfilled(name, value) ? (blank ?? '') : value)
  }
  const carried = [...all.keys()]

  const isMissing = (name: string): boolean => (all.get(name) ?? '') === ''
  for (const [name, other] of ALIASES) {
    const value = all.get(other)
    if (value !== undefined && isMissing(name)) all.set(name, value)
  }
  if (isMissing('call_id')) all.set('call_id', event.call_id)

  const instants = new Map<string, number>()
  for (const name of STAMP_NAMES) {
    const value = all.get(name)
    const instantS = value === undefined || value === '' ? null : parseStamp(value, sourceTimeZone)
    if (instantS !== null) instants.set(name, instantS)
  }
  return { all, carried, instants }
}

function timesOf(instants: ReadonlyMap<string, number>, webhook: WebhookConfig): Map<string, string> {
  const times = new Map<string, string>()
  for (const [name, instantS] of instants) {
    times.set(name, formatStamp(instantS, webhook.date_time_format, webhook.time_zone))
  }
  for (const { stamp, date, time } of SPLIT) {
    const instantS = instants.get(stamp)
    if (instantS === undefined) continue
    times.set(date, formatDate(instantS, webhook.time_zone))
    times.set(time, formatTime(instantS, webhook.time_zone))
  }
  return times
}

/** A value that is `$` and a variable's name, its own or another: the core's own template was not filled in. */
function isUnfilled(name: string, value: Json): boolean {
  if (typeof value !== 'string' || !value.startsWith('$')) return false
  const named = value.slice(1).trim()
  return named === name || isNamed(named)
}
