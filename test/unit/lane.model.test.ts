import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  advance,
  begin,
  newLane,
  reopen,
  report,
  wake,
  type Item,
  type Lane,
  type Outcome,
  type Standing,
  type Terms,
} from '../../src/calls/lane.ts'

/*
 * A lane is driven by whatever can happen to it, in any order, and what it starts is watched from the receiver's
 * side: an attempt is in flight from its start until its report or, where it is lost, until its lease has passed.
 */

const LEASE_MS = 12_000
const RETRIES = 3

interface World {
  lane: Lane
  items: Item[]
  standing: Standing
  nowMs: number
  /** Attempts that have been started and not been heard of. */
  flights: { rank: number; token: number; untilMs: number; manual: boolean }[]
  queued: { rank: number; token: number }[]
  ended: Map<number, string>
  lastStarted: number
  nextRank: number
  throughQueue: boolean
  slots: boolean
}

function world(ordering: Standing['ordering'], maxAgeMs: number | null): World {
  return {
    lane: newLane('wh_1', 0),
    items: [],
    standing: { status: 'active', ordering, discardBeforeMs: 0, maxAgeMs },
    nowMs: 1_000_000,
    flights: [],
    queued: [],
    ended: new Map(),
    lastStarted: 0,
    nextRank: 1,
    throughQueue: false,
    slots: true,
  }
}

function termsOf(w: World): Terms {
  return {
    nowMs: w.nowMs,
    flightLeaseMs: LEASE_MS,
    retries: RETRIES,
    mostNotes: 3,
    slow: w.throughQueue,
    takeSlot: () => w.slots,
  }
}

/** A start, as the receiver would see it. */
function start(w: World, rank: number, token: number, manual: boolean): void {
  expect(w.standing.status, 'an attempt starts only while the webhook is active').toBe('active')
  if (w.standing.ordering === 'per_call') {
    const overlapping = w.flights.filter((flight) => flight.untilMs > w.nowMs)
    expect(overlapping, 'deliveries of a call never overlap').toEqual([])
    if (!manual) {
      expect(rank, 'deliveries of a call never start out of order').toBeGreaterThanOrEqual(w.lastStarted)
      w.lastStarted = rank
      for (const item of w.items.filter((each) => each.rank < rank)) {
        expect(
          w.ended.has(item.rank),
          `the delivery of ${item.rank} has ended before that of ${rank} starts`,
        ).toBe(true)
      }
    }
  }
  w.flights.push({ rank, token, untilMs: w.nowMs + LEASE_MS, manual })
}

function look(w: World): void {
  const backlog = w.items.filter((item) => item.rank > w.lane.cursor)
  const next = advance(w.lane, backlog, w.standing, termsOf(w))
  w.lane = next.lane
  for (const action of next.actions) {
    switch (action.kind) {
      case 'start':
        if (action.via === 'queue') w.queued.push({ rank: action.rank, token: action.token })
        else start(w, action.rank, action.token, action.via === 'manual')
        break
      case 'end':
        w.ended.set(action.rank, action.status)
        break
      case 'held':
        expect(w.standing.status).toBe('paused')
        break
    }
  }
}

type Step =
  | { do: 'event' }
  | { do: 'look' }
  | { do: 'time'; ms: number }
  | { do: 'report'; pick: number; outcome: 'succeeded' | 'failed' | 'retry' | 'withdrawn' }
  | { do: 'lose'; pick: number }
  | { do: 'consume'; pick: number; keep: boolean }
  | { do: 'status'; status: Standing['status'] }
  | { do: 'route'; throughQueue: boolean; slots: boolean }
  | { do: 'ordering'; ordering: Standing['ordering'] }
  | { do: 'wake' }
  | { do: 'restart' }
  | { do: 'reopen'; pick: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'event' }) },
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'look' }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: -500, max: 20_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('report' as const),
      pick: fc.nat(20),
      outcome: fc.constantFrom(
        'succeeded' as const,
        'succeeded' as const,
        'failed' as const,
        'retry' as const,
        'withdrawn' as const,
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), pick: fc.nat(20) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('consume' as const), pick: fc.nat(20), keep: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      status: fc.constantFrom(
        'active' as const,
        'active' as const,
        'active' as const,
        'paused' as const,
        'disabled' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('route' as const),
      throughQueue: fc.boolean(),
      slots: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('ordering' as const),
      ordering: fc.constantFrom('per_call' as const, 'none' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'wake' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'restart' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), pick: fc.nat(20) }) },
)

function outcomeOf(kind: Outcome['kind'], atMs: number): Outcome {
  switch (kind) {
    case 'retry':
      return { kind, atMs, asked: false }
    case 'withdrawn':
      return { kind, atMs, turn: false }
    case 'succeeded':
    case 'failed':
      return { kind }
  }
}

function apply(w: World, step: Step): void {
  switch (step.do) {
    case 'event':
      w.items.push({ rank: w.nextRank, bornMs: w.nowMs })
      w.nextRank += 1
      break
    case 'look':
      look(w)
      break
    case 'time':
      w.nowMs += step.ms
      break
    case 'report': {
      const flight = w.flights[step.pick % Math.max(1, w.flights.length)]
      if (flight === undefined) break
      w.flights = w.flights.filter((each) => each !== flight)
      const outcome = outcomeOf(step.outcome, w.nowMs + 1_000)
      const next = report(w.lane, flight.token, outcome)
      if (next === null) break
      w.lane = next.lane
      if (next.status !== 'pending') w.ended.set(flight.rank, next.status)
      expect(report(w.lane, flight.token, outcome), 'a report that comes twice changes nothing').toBeNull()
      break
    }
    case 'lose':
      // The attempt goes on at the receiver until its lease has passed, and nobody hears of it.
      break
    case 'consume': {
      const message = w.queued[step.pick % Math.max(1, w.queued.length)]
      if (message === undefined) break
      if (!step.keep) w.queued = w.queued.filter((each) => each !== message)
      if (w.standing.status !== 'active') break
      const begun = begin(w.lane, message.token, termsOf(w))
      if (begun === null) break
      w.lane = begun.lane
      start(w, message.rank, message.token, begun.open.manual)
      expect(begin(w.lane, message.token, termsOf(w)), 'a message that comes twice is dropped').toBeNull()
      break
    }
    case 'status':
      if (step.status === 'disabled') w.standing = { ...w.standing, discardBeforeMs: w.nowMs }
      w.standing = { ...w.standing, status: step.status }
      break
    case 'route':
      w.throughQueue = step.throughQueue
      w.slots = step.slots
      break
    case 'ordering':
      // What started before the change was in the order of then.
      if (step.ordering !== w.standing.ordering) w.lastStarted = 0
      w.standing = { ...w.standing, ordering: step.ordering }
      look(w)
      break
    case 'wake':
      w.lane = wake(w.lane)
      break
    case 'restart':
      w.lane = JSON.parse(JSON.stringify(w.lane)) as Lane // safe: it was a Lane
      break
    case 'reopen': {
      const item = w.items[step.pick % Math.max(1, w.items.length)]
      if (item === undefined || !w.ended.has(item.rank)) break
      w.lane = reopen(w.lane, item, 1) ?? w.lane
      break
    }
  }
}

/** Lets everything come to its end: an active webhook, a receiver that answers, and time. */
function settle(w: World): void {
  w.standing = { ...w.standing, status: 'active' }
  w.throughQueue = false
  w.slots = true
  for (let round = 0; round < w.items.length * 4 + 20; round += 1) {
    w.nowMs += 10_000_000
    look(w)
    for (const flight of w.flights.splice(0)) {
      const next = report(w.lane, flight.token, { kind: 'succeeded' })
      if (next === null) continue
      w.lane = next.lane
      w.ended.set(flight.rank, next.status)
    }
  }
}

for (const ordering of ['per_call', 'none'] as const) {
  test(`a lane with ordering ${ordering} keeps its promises whatever happens, and everything ends`, () => {
    fc.assert(
      fc.property(
        fc.array(steps, { maxLength: 120, size: 'max' }),
        fc.constantFrom(null, 5_000, 60_000),
        (script, maxAgeMs) => {
          const w = world(ordering, maxAgeMs)
          for (const step of script) apply(w, step)
          settle(w)
          for (const item of w.items)
            expect(w.ended.has(item.rank), `the delivery of ${item.rank} has an end`).toBe(true)
          expect(w.lane.open).toEqual([])
        },
      ),
      { numRuns: 1_000 },
    )
  })
}
