import type { LoggedDelivery } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { LaneEnd, Timeline, TimelineQuery } from '../contracts/shard.ts'
import type { Call } from '../order/call.ts'
import { byPlace, reusesSequence } from '../order/order.ts'
import { endMsOf, firstEndsAfter, holdsOf } from '../order/waits.ts'
import type { Journal } from './journal.ts'
import type { Log } from './log.ts'
import { loggedDelivery } from './rows.ts'

/** Timelines of calls: what is on record, and what is open without a row. */
export class Timelines {
  readonly #log: Log
  readonly #journal: Journal
  readonly #inMemory: (callId: string) => Call | undefined

  /** @param inMemory the call of an id, if it is in memory */
  constructor(log: Log, journal: Journal, inMemory: (callId: string) => Call | undefined) {
    this.#log = log
    this.#journal = journal
    this.#inMemory = inMemory
  }

  /** A part of a call's timeline. */
  page(callId: string, { from, waiting, limit, withAnswers }: TimelineQuery): Timeline {
    const call = this.#inMemory(callId)
    const byArrival = call?.events ?? this.#log.eventsOf(callId)
    const all = byArrival.toSorted(byPlace)
    const left = all.filter(
      ({ rank, position }) => (rank ?? Infinity) > from && position > (waiting ?? -Infinity),
    )
    const asked = left.slice(0, limit)
    const { events, taken } = this.#log.timeline(
      asked.map(({ seq }) => seq),
      withAnswers,
    )
    const [first, last] = [asked[0], asked[taken - 1]]
    const found = events
      .map(({ event, variables, deliveries }) => ({
        event,
        variables,
        deliveries: deliveriesOf(event, deliveries, call),
        reusesSequence: reusesSequence(event, byArrival),
      }))
      .sort((a, b) => byPlace(a.event, b.event))
    return {
      events: found,
      before: this.#endsBefore(all.slice(0, first === undefined ? 0 : all.indexOf(first)), found, call),
      ...(last === undefined || taken === left.length ? { next: null } : placeAfter(last, all, waiting)),
    }
  }

  /** What the waits of a page depend on of the events before it: of each webhook's lane the last, and those that ended holds. */
  #endsBefore(
    events: readonly StoredEvent[],
    page: readonly { deliveries: readonly LoggedDelivery[] }[],
    call: Call | undefined,
  ): LaneEnd[] {
    const lanes = Map.groupBy(
      page.flatMap(({ deliveries }) => deliveries),
      ({ webhook_id }) => webhook_id,
    )
    return [...lanes].flatMap(([webhookId, deliveries]) => {
      const lane = events.filter(({ webhooks }) => webhooks.includes(webhookId))
      const ends = new Map<number, LaneEnd | null>()
      const endOf = (index: number): LaneEnd | null => {
        const event = lane[index]
        if (event !== undefined && !ends.has(index)) ends.set(index, this.#endOf(event, webhookId, call))
        return ends.get(index) ?? null
      }
      const endMs = (index: number): number => {
        const end = endOf(index)
        return end === null ? -Infinity : (end.ended_at ?? Infinity)
      }
      const times = deliveries.flatMap(({ waits }) => waits.map((wait) => wait.from))
      const asked = new Set([...firstEndsAfter(times, lane.length, endMs), lane.length - 1])
      return [...asked].flatMap((index) => endOf(index) ?? [])
    })
  }

  /** How a delivery ended, or stands, as its lane knows it; null if the log has forgotten it. */
  #endOf(event: StoredEvent, webhookId: string, call: Call | undefined): LaneEnd | null {
    const state = this.#journal.delivery(event.seq, webhookId)?.state
    if (state !== undefined) {
      return { webhook_id: webhookId, ended_at: endMsOf(state), holds: holdsOf(state.waits ?? []) }
    }
    const isOpen = (call?.openStand(webhookId, event) ?? null) !== null
    return isOpen ? { webhook_id: webhookId, ended_at: null, holds: [] } : null
  }
}

/**
 * Where a part goes on that ends with an event. Its place in the order is none: what waits for a gap may be released
 * behind others that come meanwhile.
 * @param all the call's events, in order
 * @param waiting the same of the part itself
 */
function placeAfter(
  last: StoredEvent,
  all: readonly StoredEvent[],
  waiting: number | undefined,
): Pick<Timeline, 'next' | 'waiting'> {
  if (last.rank !== null) return { next: last.rank, ...(waiting === undefined ? {} : { waiting }) }
  const released = all.findLast(({ rank }) => rank !== null)
  return { next: released?.rank ?? 0, waiting: last.position }
}

function deliveriesOf(
  event: StoredEvent,
  logged: readonly LoggedDelivery[],
  call: Call | undefined,
): LoggedDelivery[] {
  const rows = new Map(logged.map((each) => [each.webhook_id, each]))
  // A test has a row of a webhook that did not ask for it.
  return [...new Set([...event.webhooks, ...rows.keys()])].flatMap((webhookId) => {
    const row = rows.get(webhookId)
    if (row !== undefined) return [row]
    const stand = call?.openStand(webhookId, event) ?? null
    if (stand === null) return []
    const state = { attempts: [], attempt_count: stand.attempts, next_attempt_at: stand.retryAtMs }
    return [loggedDelivery(event, webhookId, stand.status, { ...state, completed_at: null, error: null })]
  })
}
