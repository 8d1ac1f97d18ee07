import * as fc from 'fast-check'
import { expect } from 'vitest'
import * as lanes from '../../src/order/lane.ts'
import type { Lane, Outcome, Standing } from '../../src/order/lane.ts'
import { LEAST_AGE_MS, RETRIES, type Claimed, type World } from './lane-world.ts'

export type Happening = fc.Command<World, World>

/** How many happenings have happened. */
export const steps = { count: 0 }

/** Something that can happen: `can` says whether it could now, and what it happens to. */
function happening<T>(
  name: string,
  can: (world: World) => T | undefined | false,
  happens: (world: World, subject: T) => void,
): Happening {
  return {
    check: (world) => (can(world as World) ?? false) !== false, // safe: `can` changes nothing
    run: (world) => {
      const subject = can(world)
      if (subject === undefined || subject === false) return
      steps.count += 1
      happens(world, subject)
      owesNothingInSilence(world)
    },
    toString: () => name,
  }
}

/** A lane that owes work is pressing, or due at a time, or its Webhook object knows or is being told that it waits. */
function owesNothingInSilence(world: World): void {
  const { lane, backlog } = world
  if (lane.open.length === 0 && backlog.length === 0) return
  const dueMs = lanes.dueAtMs(lane)
  const isKnown = lanes.waitsFor(lane) === 'hold' && (world.waits !== null || world.unsent)
  expect(
    lanes.isPressing(lane, backlog) || dueMs !== null || isKnown,
    `a lane that owes work is not forgotten: ${JSON.stringify(lane)}`,
  ).toBe(true)
  for (const { untilMs } of world.standingClaims.values()) {
    expect(dueMs ?? Infinity, 'a claim is looked at when it lapses').toBeLessThanOrEqual(untilMs)
  }
}

type Answer = 'succeeded' | 'gone' | 'failed' | 'asked'

function outcomeOf(world: World, claim: Claimed, answer: Answer): Outcome {
  if (answer === 'succeeded') return { kind: 'succeeded' }
  if (answer === 'gone' || claim.tries > RETRIES) return { kind: 'failed' }
  const asked = answer === 'asked'
  return { kind: 'retry', atMs: world.nowMs + (asked ? 60_000 : 1_000 * 5 ** claim.tries), asked }
}

const always = (): true => true
const nat = fc.nat(20)

function picked<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(1, all.length)]
}

const claimIn = (stage: Claimed['stage'], pick: number) => (world: World) =>
  picked(
    world.claims.filter((claim) => claim.stage === stage),
    pick,
  )
const message = (pick: number) => (world: World) => picked(world.messages, pick)

const accepting = fc.integer({ min: 1, max: 4 }).map((count) =>
  happening(
    `accept ${count}`,
    // A disabled or deleted webhook takes nothing.
    ({ standing }) => standing.status !== 'disabled' && standing.status !== 'deleted',
    (world) => world.accept(count),
  ),
)

const looking = fc.constant(happening('look', always, (world) => world.look()))

const passing = fc
  .oneof(fc.nat(2_000), fc.integer({ min: 2_000, max: 20_000 }), fc.constant(300_000))
  .map((ms) =>
    happening(`${ms} ms pass`, always, (world) => {
      world.nowMs += ms
    }),
  )

const settingBack = fc.integer({ min: 1, max: 60_000 }).map((ms) =>
  happening(
    `the clock goes back ${ms} ms`,
    // Nothing guards against a holder that slept through its lease and then has its clock set back: it would start.
    (world) => !world.claims.some((each) => each.stage === 'soon' && world.isTooLate(each)),
    (world) => {
      world.nowMs -= ms
      world.setBackMs += ms
    },
  ),
)

const going = nat.map((pick) =>
  happening(`claim ${pick} goes`, claimIn('soon', pick), (world, claim) => world.go(claim)),
)

const answering = fc
  .tuple(nat, fc.constantFrom<Answer>('succeeded', 'succeeded', 'failed', 'failed', 'gone', 'asked'))
  .map(([pick, answer]) =>
    happening(`request ${pick}: ${answer}`, claimIn('out', pick), (world, claim) =>
      world.tell(claim, outcomeOf(world, claim, answer)),
    ),
  )

const withdrawing = fc
  .tuple(nat, fc.constantFrom('turn' as const, 'line' as const, 'backoff' as const), fc.nat(60_000))
  .map(([pick, why, ms]) =>
    happening(`claim ${pick} is withdrawn for its ${why}`, claimIn('soon', pick), (world, claim) =>
      world.tell(claim, { kind: 'withdrawn', atMs: world.nowMs + ms, why }),
    ),
  )

const repeating = fc.tuple(nat, fc.constantFrom<Answer>('succeeded', 'failed')).map(([pick, answer]) =>
  happening(`an old report ${pick} again: ${answer}`, claimIn('reported', pick), (world, claim) => {
    const before = world.lane
    world.tell(claim, outcomeOf(world, claim, answer))
    expect(world.lane, 'it changes nothing').toBe(before)
  }),
)

const losing = fc.tuple(nat, fc.constantFrom('soon' as const, 'out' as const)).map(([pick, stage]) =>
  happening(`claim ${pick} is lost when ${stage}`, claimIn(stage, pick), (world, claim) => {
    if (stage === 'out') claim.stage = 'lost'
    else world.claims = world.claims.filter((each) => each !== claim)
  }),
)

const consuming = fc.tuple(nat, fc.boolean(), fc.boolean()).map(([pick, stays, isLost]) =>
  happening(
    `message ${pick} ${isLost ? 'is lost' : 'arrives'}${stays ? ' and stays' : ''}`,
    message(pick),
    (world, one) => {
      if (!stays) world.messages = world.messages.filter((each) => each !== one)
      if (isLost) return
      const { rank, token } = one
      const begun = lanes.begin(world.lane, token, world.terms)
      if (begun === null) return
      expect(world.standingClaims.has(token), 'a message of a claim that is gone is dropped').toBe(true)
      world.lane = begun.lane
      world.flies({ rank, token, manual: false, probe: false, inline: false })
      expect(lanes.begin(world.lane, token, world.terms), 'a message that comes twice is dropped').toBeNull()
    },
  ),
)

const unqueueing = nat.map((pick) =>
  happening(`message ${pick} is not taken, as far as the call knows`, message(pick), (world, { token }) => {
    const wasQueued = world.standingClaims.get(token)?.flight === false
    const next = lanes.unqueue(world.lane, token, world.nowMs + 1_000)
    expect(next !== null, 'a message that has been claimed all the same stays claimed').toBe(wasQueued)
    if (next === null) return
    world.lane = next.lane
    world.standingClaims.delete(token)
  }),
)

const becoming = (...statuses: Standing['status'][]) =>
  fc.constantFrom(...statuses).map((status) =>
    happening(
      status,
      ({ standing: { status: was } }) => was !== 'deleted' && (status !== 'open' || was === 'active'),
      (world) => world.become(status),
    ),
  )

const probing = fc.constant(
  happening(
    'a probe',
    ({ standing }) => standing.status === 'open',
    (world) => {
      const probed = lanes.probe(world.lane, world.terms)
      if (probed === null) return
      world.lane = probed.lane
      const { rank } = probed.open
      expect(world.reopened.has(rank), 'a delivery asked for by hand is no probe').toBe(false)
      world.flies({ rank, token: probed.lane.serial, manual: false, probe: true, inline: true })
    },
  ),
)

const waking = fc.constant(
  happening(
    'woken',
    (world) => world.waits !== null && !world.isHolding,
    (world) => {
      world.wake()
      world.waits = null
    },
  ),
)

const telling = fc.constant(happening('the log is told', always, (world) => world.flush()))

const reopening = nat.map((pick) =>
  happening(
    `${pick} is asked for by hand`,
    (world) =>
      picked(
        world.items.filter((item) => world.ended.has(item.rank)),
        pick,
      ),
    (world, item) => {
      // A disable shows in the log at once, so the lane is made to look first.
      world.look()
      const next = lanes.reopen(world.lane, item, world.attempts.get(item.rank) ?? 0)
      expect(next !== null, 'what has ended can be asked for').toBe(!world.reopened.has(item.rank))
      if (next !== null) world.reopen(item.rank, next)
    },
  ),
)

const configuring = fc
  .oneof(
    fc.record({ ordering: fc.constantFrom('per_call' as const, 'none' as const) }),
    fc.record({ maxAgeMs: fc.constantFrom(null, LEAST_AGE_MS, 60_000) }),
  )
  .map((change) =>
    happening(JSON.stringify(change), always, (world) => {
      world.standing = { ...world.standing, ...change }
    }),
  )

const routing = fc
  .record({ slow: fc.boolean(), slots: fc.nat(3), mostNotes: fc.constantFrom(2, 5, 200) })
  .map((terms) =>
    happening(JSON.stringify(terms), always, (world) => {
      Object.assign(world, terms)
    }),
  )

const restarting = fc.constant(
  happening('the call is thrown away', always, (world) => {
    world.lane = JSON.parse(JSON.stringify(world.lane)) as Lane // safe: it was a Lane
    world.claims = world.claims.filter((claim) => !claim.inline || claim.stage !== 'soon')
    for (const claim of world.claims) if (claim.inline && claim.stage === 'out') claim.stage = 'lost'
  }),
)

function often(weights: [number, fc.Arbitrary<Happening>][]): fc.Arbitrary<Happening>[] {
  return weights.flatMap(([weight, kind]) => Array.from({ length: weight }, () => kind))
}

/** All that happens while the webhook is as its owner made it. */
const usual = often([
  [4, accepting],
  [8, looking],
  [5, passing],
  [8, going],
  [8, answering],
  [2, withdrawing],
  [2, repeating],
  [1, losing],
  [2, telling],
  [2, reopening],
  [1, restarting],
])
const byQueue = often([
  [6, consuming],
  [1, unqueueing],
  [2, routing],
])
const changing = often([
  [3, becoming('active', 'active', 'paused', 'disabled')],
  [2, waking],
  [1, configuring],
])
const outage = often([
  [3, becoming('active', 'open')],
  [4, probing],
  [2, waking],
])

/** Worlds of different kinds: in one where all happens at once, few things get far. */
export const mixes: fc.Arbitrary<Happening>[][] = [
  [...usual, ...byQueue, ...changing, ...outage, settingBack],
  [...usual, ...outage],
  [...usual, ...outage, ...often([[3, configuring]])],
  [...usual, ...byQueue, ...often([[2, configuring]])],
  [...usual, ...changing, settingBack],
]
/** How a webhook may be when everything is left to end. */
export const lastWords = becoming('active', 'active', 'active', 'disabled', 'deleted')
