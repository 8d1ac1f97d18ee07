import type { LoggedDelivery } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import type { LaneEnd, Timeline, TimelineQuery } from '../contracts/shard.ts'
import type { Call } from '../order/call.ts'
import { byPlace, reusesSequence } from '../order/order.ts'
import { endMsOf, firstEndsAfter } from '../order/waits.ts'
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
  page(callId: string, { from, limit, withAnswers }: TimelineQuery): Timeline {
    const call = this.#inMemory(callId)
    const byArrival = call?.events ?? this.#log.eventsOf(callId)
    const all = byArrival.toSorted(byPlace)
    const asked = all.slice(from, from + limit)
    const { events, taken } = this.#log.timeline(
      asked.map(({ seq }) => seq),
      withAnswers,
    )
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
      before: this.#endsBefore(all.slice(0, from), found, call),
      next: from + taken < all.length ? from + taken : null,
    }
  }

  /** What the waits of a page depend on of the events before it: of each webhook's lane the last, and ends of holds. */
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
      const ends = new Map<number, number | null>()
      const endMs = (index: number): number => {
        const event = lane[index]
        if (event !== undefined && !ends.has(index)) ends.set(index, this.#endMs(event, webhookId, call))
        return ends.get(index) ?? Infinity
      }
      const times = deliveries.flatMap(({ waits }) => waits.map((wait) => wait.from))
      const asked = new Set([...firstEndsAfter(times, lane.length, endMs), lane.length - 1])
      return [...asked].flatMap((index) => {
        const ms = lane[index] === undefined ? -Infinity : endMs(index)
        return ms === -Infinity ? [] : [{ webhook_id: webhookId, ended_at: ms === Infinity ? null : ms }]
      })
    })
  }

  /** When a delivery ended as its lane knows it; null if it has not, -Infinity if the log has forgotten it. */
  #endMs(event: StoredEvent, webhookId: string, call: Call | undefined): number | null {
    const row = this.#journal.delivery(event.seq, webhookId)
    if (row !== null) return endMsOf(row.state)
    return (call?.openStand(webhookId, event) ?? null) === null ? -Infinity : null
  }
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
