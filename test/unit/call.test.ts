import { expect, test } from 'vitest'
import type { StoredEvent } from '../../src/contracts/events.ts'
import { Call, type Around, type Step } from '../../src/order/call.ts'
import type { Open } from '../../src/order/lane.ts'
import { recoverLane, type DeliveryRow } from '../../src/order/recover.ts'

const BORN_MS = 1_000_000
const NOW_MS = BORN_MS + 10_000
const HOOK = 'wh_1'

function eventOf(n: number): StoredEvent {
  return {
    id: `event-${n}`,
    call_id: 'call-1',
    trigger: 'call_answered_by_agent',
    call_type: 'inbound',
    outbound_type: null,
    number: null,
    sequence: null,
    occurred_at: null,
    seq: n,
    n,
    ulid: `ulid-${n}`,
    position: n,
    late: false,
    received_at: BORN_MS,
    rank: n,
    released_at: BORN_MS,
    webhooks: [HOOK],
  }
}

function rowOf(rank: number, stand: Open['stand'], attempts: number): DeliveryRow {
  const open: Open = {
    rank,
    seq: rank,
    bornMs: BORN_MS,
    expiresMs: null,
    attempts,
    excused: 0,
    turnMs: null,
    sends: 0,
    stand,
    manual: false,
  }
  return { seq: rank, status: 'pending', open, attempts, completedMs: null, writtenMs: BORN_MS }
}

/** A call of two events, made again from these rows of one webhook's deliveries. */
function recovered(rows: readonly DeliveryRow[]): Call {
  const events = [eventOf(1), eventOf(2)]
  const terms = {
    startMs: 250,
    claimStartMs: 2_000,
    startedMs: 0,
    attemptMs: 4_000,
    ordering: 'per_call' as const,
    floor: 0,
    maxAgeMs: null,
    serial: NOW_MS,
  }
  const { lane, backlog } = recoverLane(HOOK, events, new Map(rows.map((row) => [row.seq, row])), terms)
  const lanes = new Map([[HOOK, lane]])
  return new Call('call-1', events, { lanes, backlog: new Map([[HOOK, backlog]]) })
}

const around: Around = {
  nowMs: NOW_MS,
  windowMs: 2_000,
  standingOf: () => ({ status: 'active', ordering: 'per_call', discardUpToSeq: 0, maxAgeMs: null }),
  termsOf: () => ({ retries: 3, slow: false, flightLeaseMs: 4_000, takeSlot: () => true }),
  serial: () => NOW_MS,
}

test('after a restart an attempt of a delivery whose row says that it waits has a row of its own before it is made', () => {
  const inFlight = rowOf(
    1,
    { kind: 'flight', token: 1, sinceMs: BORN_MS, untilMs: NOW_MS + 1_000, probe: false },
    1,
  )
  const waits = rowOf(2, { kind: 'waiting', atMs: BORN_MS + 300, why: 'turn' }, 0)
  const call = recovered([inFlight, waits])
  const step: Step = { starts: [], rows: [] }
  call.report({ webhookId: HOOK, rank: 1, token: 1, attempt: 1 }, { kind: 'succeeded' }, null, around, step)
  expect(step.starts.map(({ event, hasRow }) => [event.id, hasRow])).toEqual([['event-2', true]])
  const claimed = step.rows.find(({ event }) => event.id === 'event-2')
  expect(claimed, 'or the next restart makes it again at once').toMatchObject({
    status: 'pending',
    attempts: 1,
    open: { stand: { kind: 'flight' } },
  })
})

test('an attempt does not follow from the end of a delivery that comes after it, but has a row of its own', () => {
  const step: Step = { starts: [], rows: [] }
  const isSlow = { ...around, termsOf: () => ({ ...around.termsOf(HOOK), slow: true }) }
  const call = new Call('call-1')
  for (const n of [1, 2]) {
    const { id, trigger, call_type, outbound_type, number, sequence, occurred_at } = eventOf(n)
    const incoming = {
      id,
      call_id: 'call-1',
      trigger,
      call_type,
      outbound_type,
      number,
      sequence,
      occurred_at,
    }
    call.take(
      { ...incoming, variables: '{}' },
      { seq: n, ulid: `ulid-${n}`, atMs: BORN_MS },
      [HOOK],
      { ...isSlow, nowMs: BORN_MS },
      step,
    )
  }
  expect(step.starts.map(({ event, via }) => [event.id, via])).toEqual([['event-1', 'queue']])
  // The queue loses each message, until the shard makes the attempt itself; event 2 has become too old just then.
  const hours = (count: number): number => BORN_MS + count * 3_600_000
  for (const count of [1, 2]) call.advance(HOOK, { ...isSlow, nowMs: hours(count) }, { starts: [], rows: [] })
  const last: Step = { starts: [], rows: [] }
  const ages: Around = {
    ...isSlow,
    nowMs: hours(3),
    standingOf: () => ({ ...around.standingOf(HOOK), maxAgeMs: 30_000 }),
  }
  call.advance(HOOK, ages, last)
  expect(last.rows.some(({ event, status }) => event.id === 'event-2' && status === 'expired')).toBe(true)
  expect(last.starts.map(({ event, via, hasRow }) => [event.id, via, hasRow])).toEqual([
    ['event-1', 'inline', true],
  ])
})
