/** Calls as the API answers them, for tests of what is drawn of them. */
import * as fc from 'fast-check'
import { DELIVERY_STATUSES } from '../../../src/contracts/deliveries.ts'
import {
  timedEvent,
  type Call,
  type ToldAttempt,
  type ToldDelivery,
  type ToldEvent,
} from '../../../dashboard/src/timeline/call.ts'

/** The instant that samples count from. */
export const START_MS = Date.UTC(2026, 6, 11, 15, 44, 45)

export function at(ms: number): string {
  return new Date(START_MS + ms).toISOString()
}

export function attempt(
  number: number,
  startMs: number,
  durationMs: number,
  code: number | null = 200,
): ToldAttempt {
  return {
    id: `atm_${number}_${startMs}`,
    number,
    started_at: at(startMs),
    duration_ms: durationMs,
    via: 'inline',
    status_code: code,
    error: code === null ? 'timeout' : code < 300 ? null : 'status',
    cleaned_headers: [],
  }
}

export function delivery(name: string, more: Partial<ToldDelivery> = {}): ToldDelivery {
  const attempts = more.attempts ?? [attempt(1, 0, 10)]
  return {
    id: `dlv_${name}`,
    webhook_id: `wh_${name}`,
    webhook_name: name,
    event_id: 'evt_1',
    call_id: 'call',
    trigger: 'call_received_on_server',
    position: 1,
    late: false,
    status: 'succeeded',
    attempt_count: attempts.length,
    next_attempt_at: null,
    last_status_code: null,
    last_error: null,
    created_at: at(0),
    completed_at: at(10),
    test: false,
    due_at: at(0),
    waits: [],
    attempts,
    ...more,
  }
}

export function event(position: number, receivedMs: number, more: Partial<ToldEvent> = {}): ToldEvent {
  return {
    id: `evt_${position}`,
    trigger: 'call_received_on_server',
    position,
    sequence: null,
    late: false,
    occurred_at: null,
    received_at: at(receivedMs),
    released_at: at(receivedMs),
    call_type: 'inbound',
    outbound_type: null,
    number: null,
    sequence_reused: false,
    variables: {},
    skipped: [],
    deliveries: [],
    ...more,
  }
}

export function call(...events: ToldEvent[]): Call {
  return { events: events.map(timedEvent) }
}

const OUTCOMES = [200, 502, null] as const

/**
 * Any call: retries with waits between them, holds, slots, what is open, late or made again by hand. In an ordered lane
 * one delivery follows another; in others they overlap.
 */
export const anyCall: fc.Arbitrary<Call> = fc
  .array(
    fc.record({
      afterMs: fc.oneof(fc.nat(20), fc.nat(5000), fc.nat(3_600_000)),
      gapMs: fc.oneof(fc.constant(0), fc.nat(2000)),
      isLate: fc.boolean(),
      occurredMs: fc.option(fc.integer({ min: -100_000_000, max: 10_000 })),
      deliveries: fc.array(
        fc.record({
          webhook: fc.nat(3),
          isOrdered: fc.boolean(),
          waitMs: fc.oneof(fc.constant(0), fc.nat(100_000)),
          waitWhy: fc.constantFrom('held' as const, 'rate' as const, 'breaker' as const),
          attempts: fc.array(
            fc.record({
              durationMs: fc.oneof(fc.nat(3), fc.nat(10_000)),
              backoffMs: fc.oneof(fc.nat(5), fc.nat(600_000)),
              code: fc.constantFrom(...OUTCOMES),
              via: fc.constantFrom('inline' as const, 'manual' as const),
            }),
            { maxLength: 4 },
          ),
          status: fc.constantFrom(...DELIVERY_STATUSES),
        }),
        { maxLength: 4 },
      ),
    }),
    { maxLength: 8 },
  )
  .map((plans) => {
    let ms = 0
    let count = 0
    const freeMs = new Map<number, number>()
    return call(
      ...plans.map((plan, index) => {
        ms += plan.afterMs
        const releasedMs = ms + plan.gapMs
        const deliveries = plan.deliveries.map((each): ToldDelivery => {
          const dueMs = each.isOrdered ? Math.max(releasedMs, freeMs.get(each.webhook) ?? 0) : releasedMs
          const waits: ToldDelivery['waits'] = []
          const wait = (
            why: ToldDelivery['waits'][number]['why'],
            from: number,
            until: number | null,
          ): void => {
            if (until === null || until > from)
              waits.push({ why, from: at(from), until: until === null ? null : at(until) })
          }
          wait('turn', releasedMs, dueMs)
          wait(each.waitWhy, dueMs, dueMs + each.waitMs)
          let nowMs = dueMs + each.waitMs
          const attempts = each.attempts.map(({ durationMs, backoffMs, code, via }, number): ToldAttempt => {
            if (number > 0 && via !== 'manual') wait('backoff', nowMs, nowMs + backoffMs)
            if (number > 0) nowMs += backoffMs
            const made = { ...attempt(number + 1, nowMs, durationMs, code), via, id: `atm_${++count}` }
            nowMs += durationMs
            return made
          })
          const isOpen = each.status === 'pending' || each.status === 'held'
          if (each.status === 'held') wait('held', nowMs, null)
          freeMs.set(each.webhook, nowMs)
          return delivery(`${each.webhook}`, {
            id: `dlv_${++count}`,
            event_id: `evt_${index + 1}`,
            status: each.status,
            attempts,
            waits,
            due_at: at(dueMs),
            completed_at: isOpen ? null : at(nowMs),
          })
        })
        return event(index + 1, ms, {
          late: plan.isLate,
          occurred_at: plan.occurredMs === null ? null : at(ms + plan.occurredMs),
          released_at: at(releasedMs),
          deliveries,
        })
      }),
    )
  })
