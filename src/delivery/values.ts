import { ALIASES, type TriggerSlug } from '../catalogue/triggers.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'
import { parseJson, type Json } from '../lib/json.ts'
import type { CallEvent } from './event.ts'
import { encodeField } from './form.ts'
import { membersOf, unquote, type Members } from './members.ts'
import { irregularOf, isIdentifier, textOf } from './template.ts'
import { formatDate, formatStamp, formatTime, parseStamp } from './timestamps.ts'
import { BLANK, isNamed, QUOTED, STAMP_NAMES, vocabularyOf, type Vocabulary } from './vocabulary.ts'

/** The date and the time that a stamp is split into. */
const SPLIT: ReadonlyMap<string, { date: string; time: string }> = new Map([
  ['start_stamp', { date: 'start_date', time: 'start_time' }],
  ['end_stamp', { date: 'end_date', time: 'end_time' }],
])

/** How the fields of a request are written. */
export type Encoding = 'typed JSON' | 'strings in JSON' | 'form' | 'form with brackets'

/**
 * What the body or the query of a request may hold. Templates and nested fields can make hundreds of megabytes of 64 KiB:
 * an isolate has 128 for all that it does, with 32 attempts of a webhook at once, and nginx takes 1 MiB unless it is told
 * otherwise.
 */
export const MOST_CHARACTERS = 2 ** 20

/**
 * The fields of an event in one encoding: each by itself, for a webhook that puts others in, and all of them. Not to the
 * end of those that come to more than `MOST_CHARACTERS`.
 */
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
  readonly #times: Members
  readonly #fields = new Map<Encoding, Fields>()

  constructor(vocabulary: Vocabulary, facts: Facts, times: Members) {
    this.vocabulary = vocabulary
    this.#facts = facts
    this.#times = times
  }

  /** The value of a name, its blank if the event does not carry it, or undefined if nobody knows the name. */
  get(name: string): Json | undefined {
    const text = this.#text(name)
    return text === undefined ? undefined : valueOf(text)
  }

  has(name: string): boolean {
    return this.#text(name) !== undefined
  }

  /** Of the names that the event carries, those that are no identifiers, as a template's scope has them. */
  get irregular(): readonly string[] {
    return this.#facts.irregular
  }

  #text(name: string): string | undefined {
    return (
      this.#times.get(name) ??
      this.#facts.all.get(name) ??
      this.vocabulary.blanks.get(name) ??
      (ALIASES.has(name) ? BLANK : undefined)
    )
  }

  /** The trigger's variables in the catalogue's order, each there, and then whatever else came, as it came. */
  fields(encoding: Encoding): Fields {
    const known = this.#fields.get(encoding)
    if (known !== undefined) return known
    const { own, isOwn } = this.vocabulary
    const names = [...own, ...this.#facts.carried.filter((name) => !isOwn.has(name))]
    const each: string[] = []
    let length = 0
    for (const name of names) {
      // It is of no use any more: see `MOST_CHARACTERS`.
      if (length > MOST_CHARACTERS) break
      const field = encoded(name, this.#text(name) ?? BLANK, encoding)
      each.push(field)
      length += field.length
    }
    const fields = { names, each, all: joined(each, encoding) }
    this.#fields.set(encoding, fields)
    return fields
  }
}

/** One field, of a value as JSON text. An object would reorder keys like numbers and lose `__proto__`. */
export function encoded(name: string, text: string, encoding: Encoding): string {
  switch (encoding) {
    case 'typed JSON':
      return quoted(name) + text
    case 'strings in JSON':
      if (text === 'null') return quoted(name) + BLANK
      return quoted(name) + (text.startsWith('"') ? text : JSON.stringify(text))
    case 'form':
      return encodeField(name, valueOf(text), 'json')
    case 'form with brackets':
      return encodeField(name, valueOf(text), 'brackets', MOST_CHARACTERS)
  }
}

/** What a JSON text says. */
function valueOf(text: string): Json {
  return text.startsWith('"') ? unquote(text) : (parseJson(text) ?? null)
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
  readonly all: Members
  /** The names that the event itself carries, in its order. */
  readonly carried: readonly string[]
  /** Of these, those that are no identifiers, as a template's scope has them. */
  readonly irregular: readonly string[]
  /** The instants (s since epoch) of its stamps. */
  readonly instants: ReadonlyMap<string, number>
  /** Those that a date and a time are of, by the name of the stamp, which need not have come. */
  readonly splits: ReadonlyMap<string, number>
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
  const values = new Values(vocabulary, of.facts, timesOf(of.facts, webhook))
  of.values.push({ format, zone, values })
  return values
}

function factsOf(event: CallEvent, { blanks }: Vocabulary, sourceTimeZone: string): Facts {
  const { variables } = event
  const members = membersOf(typeof variables === 'string' ? variables : JSON.stringify(variables))
  const all = new Map<string, string>()
  const irregular: string[] = []
  for (const [key, text] of members) {
    // Some keys of live lines end in a space.
    const name = key.trim()
    if (name !== key && members.has(name)) continue
    const blank = blanks.get(name)
    // Live lines write "" for an empty object or list, and the name itself for what was not filled in. A null says
    // no more than those; beyond the catalogue, where no type is known that it could break, it stays as it came.
    if (blank === undefined && !isIdentifier(name)) irregular.push(name)
    const isNull = text === 'null' && blank !== undefined
    all.set(name, text === BLANK || isNull || isUnfilled(name, text) ? (blank ?? BLANK) : text)
  }
  const carried = [...all.keys()]

  const isMissing = (name: string): boolean => {
    const text = all.get(name)
    return text === undefined || text === BLANK || text === 'null'
  }
  for (const [name, other] of ALIASES) {
    const text = all.get(other)
    if (text !== undefined && isMissing(name)) all.set(name, text)
  }
  if (isMissing('call_id')) all.set('call_id', JSON.stringify(event.call_id))

  const instants = new Map<string, number>()
  for (const name of STAMP_NAMES) {
    const text = all.get(name)
    const instantS = text === undefined || text === BLANK ? null : parseStamp(valueOf(text), sourceTimeZone)
    if (instantS !== null) instants.set(name, instantS)
  }
  const splits = new Map<string, number>()
  for (const [name, { date, time }] of SPLIT) {
    // Some cores send the two alone.
    const instantS = instants.get(name) ?? joinedInstant(all.get(date), all.get(time), sourceTimeZone)
    if (instantS !== null) splits.set(name, instantS)
  }
  return { all, carried, irregular: irregularOf(irregular), instants, splits }
}

/** The instant (s since epoch) of a date and a time in JSON, or null if either is missing or they are none. */
function joinedInstant(date = BLANK, time = BLANK, sourceTimeZone: string): number | null {
  if (date === BLANK || time === BLANK) return null
  return parseStamp(`${textOf(valueOf(date))} ${textOf(valueOf(time))}`, sourceTimeZone)
}

function timesOf({ instants, splits }: Facts, { date_time_format, time_zone }: WebhookConfig): Members {
  const times = new Map<string, string>()
  for (const [name, instantS] of instants) {
    times.set(name, `"${formatStamp(instantS, date_time_format, time_zone)}"`)
  }
  for (const [name, { date, time }] of SPLIT) {
    const instantS = splits.get(name)
    if (instantS === undefined) continue
    times.set(date, `"${formatDate(instantS, time_zone)}"`)
    times.set(time, `"${formatTime(instantS, time_zone)}"`)
  }
  return times
}

/** A value that is `$` and a variable's name, its own or another: the core's own template was not filled in. */
function isUnfilled(name: string, text: string): boolean {
  if (!text.startsWith('"$')) return false
  const named = unquote(text).slice(1).trim()
  return named === name || isNamed(named)
}
