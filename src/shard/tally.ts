import { COUNTS, ERROR_AT, OUTCOME_AT, RETRIED_AT, TAKEN_AT, type StoredTally } from '../contracts/stats.ts'
import type { AttemptEntry, EndedStatus } from '../contracts/deliveries.ts'
import { meter } from '../metrics/meter.ts'
import { Sketch } from '../lib/sketch.ts'
import { isUnsent } from '../order/retry.ts'

/** Which times a note has one of. */
const NO_TIME = 0
const RECEIVER = 1
const DONE = 2

/** What became of a webhook's deliveries, and how long it took (ms). */
export class Tally {
  readonly #counts: number[] = Array.from({ length: COUNTS }, () => 0)
  /** How long receivers took, and deliveries in all (ms). */
  readonly #receiver = new Sketch()
  readonly #done = new Sketch()

  /** @param value a time (ms), or how many there were of what has none */
  note(place: number, times: number, value: number): void {
    this.#counts[place] = (this.#counts[place] ?? 0) + (times === NO_TIME ? value : 1)
    if (times === RECEIVER) this.#receiver.add(value)
    else if (times === DONE) this.#done.add(value)
  }

  add([counts, receiver, done]: StoredTally): void {
    for (const [place, count] of counts.entries()) this.#counts[place] = (this.#counts[place] ?? 0) + count
    this.#receiver.merge(receiver)
    this.#done.merge(done)
  }

  get stored(): StoredTally {
    return [this.#counts, this.#receiver.sizes, this.#done.sizes]
  }
}

/** What a transaction has led to, for as long as it is not known to stand. Kept as numbers: there are several for each event. */
export class Notes {
  readonly #webhookIds: string[] = []
  readonly #places: number[] = []
  readonly #times: number[] = []
  readonly #values: number[] = []

  get isEmpty(): boolean {
    return this.#webhookIds.length === 0
  }

  attempt(webhookId: string, { number, error, duration_ms }: AttemptEntry): void {
    const place = error === null ? TAKEN_AT : ERROR_AT[error]
    // Of what was lost it is not known when the receiver was done with it.
    if (error === 'lost' || isUnsent(error)) this.#note(webhookId, place, NO_TIME, 1)
    else this.#note(webhookId, place, RECEIVER, duration_ms)
    if (number > 1) this.#note(webhookId, RETRIED_AT, NO_TIME, 1)
  }

  /** @param tookMs null: it took a time that says nothing of the relay */
  ended(webhookId: string, status: EndedStatus, tookMs: number | null): void {
    if (tookMs === null) this.#note(webhookId, OUTCOME_AT[status], NO_TIME, 1)
    else this.#note(webhookId, OUTCOME_AT[status], DONE, tookMs)
  }

  discarded(webhookId: string, howMany: number): void {
    this.#note(webhookId, OUTCOME_AT.discarded, NO_TIME, howMany)
  }

  /** Counts all of it. @param tallyOf the tally of a webhook @param all what is of all of them */
  count(tallyOf: (webhookId: string) => Tally, all: Tally): void {
    for (const [at, webhookId] of this.#webhookIds.entries()) {
      const place = this.#places[at] ?? 0
      const times = this.#times[at] ?? NO_TIME
      const value = this.#values[at] ?? 0
      tallyOf(webhookId).note(place, times, value)
      all.note(place, times, value)
      measure(place, times, value)
    }
    this.clear()
  }

  clear(): void {
    this.#webhookIds.length = 0
    this.#places.length = 0
    this.#times.length = 0
    this.#values.length = 0
  }

  #note(webhookId: string, place: number, times: number, value: number): void {
    this.#webhookIds.push(webhookId)
    this.#places.push(place)
    this.#times.push(times)
    this.#values.push(value)
  }
}

/** The same for the metrics. */
function measure(place: number, times: number, value: number): void {
  const count = times === NO_TIME ? value : 1
  if (place < TAKEN_AT) meter.deliveries.add(place, count)
  else if (place === RETRIED_AT) meter.retries.add(0, count)
  else meter.attempts.add(place === TAKEN_AT ? 0 : place - RETRIED_AT, count)
  if (times === RECEIVER) meter.receiver.observe(value / 1000)
  else if (times === DONE) meter.delivery.observe(value / 1000)
}
