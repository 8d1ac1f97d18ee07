/**
 * By which numbers a call is found: a row for each, with the number of the call's first event, in the tables of that event's
 * day. It is written when the number is first seen in the call, so a call is found as soon as its event is stored.
 */
import { AGENT_NUMBERS, NUMBER_VARIABLES } from '../catalogue/numbers.ts'
import type { IncomingEvent } from '../contracts/events.ts'
import { membersOf } from '../delivery/members.ts'
import { isJsonObject, isRawNumber, parseJson, type Json } from '../lib/json.ts'
import { keptNumber, Lines } from '../order/line.ts'
import { keyOf, type Sought } from '../order/number-key.ts'
import type { Days } from './days.ts'

/** Characters of a text that may be a number, a SIP address among them. */
const LONGEST = 200
/** Of so many spellings of a call's numbers, each with its E.164, those are kept that are new: each may be a row. */
const MOST_OF_A_CALL = 40

export class Numbers {
  readonly #sql: SqlStorage
  readonly #days: Days
  readonly #country: () => string
  #lines: Lines | null = null

  /** @param country how the account's numbers are read that have no country code */
  constructor(sql: SqlStorage, days: Days, country: () => string) {
    this.#sql = sql
    this.#days = days
    this.#country = country
  }

  get country(): string {
    return this.#country()
  }

  /**
   * Keeps the numbers that an event brings into its call. In a transaction.
   * @param seen the spellings that the call is known to be found by
   * @returns the spellings that are new
   */
  add(
    firstSeq: number,
    event: Pick<IncomingEvent, 'number' | 'variables'>,
    seen: ReadonlySet<string>,
  ): ReadonlySet<string> {
    const fresh = new Set<string>()
    for (const spelling of spellingsIn(event)) {
      if (seen.has(spelling) || fresh.has(spelling)) continue
      if (seen.size + fresh.size >= MOST_OF_A_CALL) break
      const line = this.#lineOf(spelling)
      const isKnown = seen.has(line) || fresh.has(line)
      // Most numbers come in E.164 as well, and to read one takes longer than all the rest.
      fresh.add(spelling).add(line)
      const key = isKnown ? null : keyOf(line)
      if (key === null) continue
      // One that is there from before the call left memory is no row more.
      this.#sql.exec(
        `INSERT OR IGNORE INTO number_${this.#days.dayOf(firstSeq)} (digits, seq) VALUES (?, ?)`,
        key,
        firstSeq,
      )
    }
    return fresh
  }

  /** The numbers in some events of a call, each once, in E.164 if they are valid. */
  told(events: readonly Pick<IncomingEvent, 'number' | 'variables'>[]): string[] {
    const byLine = new Map<string, string>()
    for (const spelling of new Set(events.flatMap(spellingsIn))) {
      const line = this.#lineOf(spelling)
      if (keyOf(line) !== null && !byLine.has(line)) byLine.set(line, keptNumber(spelling, line))
    }
    return [...byLine.values()]
  }

  /** The keys of a day that are meant, at most so many of those that begin alike. */
  keys(day: number, { whole, ending }: Sought, most: number): string[] {
    const keys = new Set(ending === null ? [] : this.#beginningWith(day, ending, most))
    if (whole !== null) keys.add(whole)
    return [...keys]
  }

  /** Each key is asked for, and none is read twice: one may have most of the rows. */
  #beginningWith(day: number, beginning: string, most: number): string[] {
    // What is behind all digits is the colon.
    const next = (after: string): string =>
      `(SELECT digits FROM number_${day} WHERE digits ${after} AND digits < ?1 || ':' ORDER BY digits LIMIT 1)`
    return this.#sql
      .exec<{ digits: string }>(
        `WITH RECURSIVE key (digits) AS (
           SELECT ${next('>= ?1')} UNION ALL SELECT ${next('> key.digits')} FROM key
           WHERE key.digits IS NOT NULL LIMIT ?2
         ) SELECT digits FROM key WHERE digits IS NOT NULL`,
        beginning,
        most,
      )
      .toArray()
      .map((row) => row.digits)
  }

  /** The first events of the calls that are found by a key, newest first. */
  firstSeqs(day: number, key: string, from: number, below: number, limit: number): number[] {
    return this.#sql
      .exec<{ seq: number }>(
        `SELECT seq FROM number_${day} WHERE digits = ? AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
        key,
        from,
        below,
        limit,
      )
      .toArray()
      .map((row) => row.seq)
  }

  #lineOf(spelling: string): string {
    const { country } = this
    if (this.#lines?.country !== country) this.#lines = new Lines(country)
    return this.#lines.of(spelling)
  }
}

/** The numbers of an event as they are written. */
function spellingsIn({ number, variables }: Pick<IncomingEvent, 'number' | 'variables'>): string[] {
  const members = membersOf(variables)
  const values = NUMBER_VARIABLES.flatMap((name) => {
    const text = members.get(name)
    // Most of those that are not known come as an empty text.
    return text === undefined || text === '""' || text === 'null' ? [] : numbersOf(parseJson(text) ?? null)
  })
  return number === null ? values : [number, ...values]
}

function numbersOf(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf)
  if (isJsonObject(value)) return AGENT_NUMBERS.flatMap((name) => ownNumber(value[name]))
  return ownNumber(value)
}

function ownNumber(value: Json | undefined): string[] {
  const text = isRawNumber(value) ? value.rawJSON : typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text.length <= LONGEST && /\d/.test(text) ? [text] : []
}
