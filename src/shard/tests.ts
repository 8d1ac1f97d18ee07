import type { AttemptEntry } from '../contracts/deliveries.ts'
import type { IncomingEvent, StoredEvent } from '../contracts/events.ts'
import type { BegunTest } from '../contracts/shard.ts'
import { deliveryId, eventUlid, placeOfDelivery, secureRandom } from '../lib/id.ts'
import type { Journal } from './journal.ts'

/** After its timeout a maker has this long (ms) to say what a test led to. */
const REPORT_MS = 5_000

interface Begun {
  readonly event: StoredEvent
  readonly webhookId: string
  /** If nothing is said of it by then (ms since epoch), its maker is gone. */
  readonly lapsesMs: number
}

/**
 * Tests: one event sent to one webhook, because somebody asked for just that. Each is a call of its own with a row from
 * the start, so it is at rest: no lane knows of it, and nothing is decided by how it goes. It is in the log alone.
 */
export class Tests {
  readonly #journal: Journal
  readonly #undoable: (undo: () => void) => void
  readonly #leaseMs: number
  /** Those that are under way, by the number of their event. */
  readonly #begun = new Map<number, Begun>()

  /** @param undoable told of each change of memory with what takes it back */
  constructor(journal: Journal, undoable: (undo: () => void) => void, timeoutMs: number) {
    this.#journal = journal
    this.#undoable = undoable
    this.#leaseMs = timeoutMs + REPORT_MS
  }

  /** Puts a test on record that its maker begins once this is on disk. In a transaction. */
  begin(webhookId: string, shard: number, incoming: IncomingEvent, nowMs: number): BegunTest {
    const journal = this.#journal
    const seq = journal.nextSeq(nowMs)
    const atMs = journal.timeFor(nowMs)
    const ulid = eventUlid(atMs, shard, seq, secureRandom)
    const { variables, ...facts } = incoming
    const event: StoredEvent = {
      ...facts,
      id: incoming.id ?? `evt_${ulid}`,
      seq,
      n: 1,
      ulid,
      position: 1,
      late: false,
      received_at: atMs,
      rank: 1,
      released_at: atMs,
      // It did not ask for it: a lane that is made again from rows has no part in this.
      webhooks: [],
      test: true,
    }
    journal.addEvent(event, variables)
    journal.saveCall(event.call_id, [seq])
    this.#write(event, webhookId, 'pending', null, nowMs)
    this.#keep({ event, webhookId, lapsesMs: nowMs + this.#leaseMs })
    return { delivery_id: deliveryId(ulid, webhookId), event }
  }

  /** Takes what a test led to. In a transaction. */
  end(id: string, attempt: AttemptEntry, nowMs: number): void {
    const place = placeOfDelivery(id)
    const [event] = place === null ? [] : this.#journal.events([place.seq])
    // Past its retention there is nothing to put on record.
    if (place === null || event?.test !== true) return
    this.#forget(event.seq)
    this.#write(event, place.webhookId, attempt.error === null ? 'succeeded' : 'failed', attempt, nowMs)
  }

  /** Takes note of tests that a former life of the shard has begun, if events with a delivery that waits are tests. */
  recover(events: readonly StoredEvent[], nowMs: number): void {
    const tests = events.filter((event) => event.test === true)
    for (const { seq, webhookId, status } of this.#journal.deliveries(tests.map((event) => event.seq))) {
      const event = tests.find((each) => each.seq === seq)
      if (event !== undefined && status === 'pending')
        this.#begun.set(seq, { event, webhookId, lapsesMs: nowMs + this.#leaseMs })
    }
  }

  /** When a test that nothing is said of is over (ms since epoch); null if none is under way. */
  dueMs(): number | null {
    // They all have as long, and the map has them as they came.
    const [oldest] = this.#begun.values()
    return oldest?.lapsesMs ?? null
  }

  /** Ends the tests whose makers are gone: one attempt was made, and nobody knows what it led to. In a transaction. */
  step(nowMs: number): void {
    for (const { event, webhookId, lapsesMs } of this.#begun.values()) {
      if (lapsesMs > nowMs) return
      this.#forget(event.seq)
      this.#write(event, webhookId, 'failed', null, nowMs)
    }
  }

  #write(
    event: StoredEvent,
    webhookId: string,
    status: 'pending' | 'succeeded' | 'failed',
    attempt: AttemptEntry | null,
    nowMs: number,
  ): void {
    const row = {
      webhookId,
      event,
      status,
      attempt,
      attempts: 1,
      nextAttemptMs: null,
      open: null,
      error: null,
    }
    this.#journal.saveDelivery({ ...row, isNew: status === 'pending' }, status === 'pending', false, nowMs)
  }

  #keep(begun: Begun): void {
    const { seq } = begun.event
    this.#begun.set(seq, begun)
    this.#undoable(() => this.#begun.delete(seq))
  }

  #forget(seq: number): void {
    const begun = this.#begun.get(seq)
    if (begun === undefined) return
    this.#begun.delete(seq)
    // Behind the others now: it lapses with what is before it.
    this.#undoable(() => this.#begun.set(seq, begun))
  }
}
