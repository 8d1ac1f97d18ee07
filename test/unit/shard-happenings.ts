import * as fc from 'fast-check'
import type { WebhookRow } from '../../src/contracts/configuration.ts'
import { MARKER, type Answer, type Receiver } from './shard-receivers.ts'
import { eventOf } from './shard-samples.ts'
import type { Posted, World } from './shard-world.ts'

export type Happening = fc.AsyncCommand<World, World>

/** How many happenings have happened. */
export const steps = { count: 0 }

function happening(name: string, happens: (world: World) => void | Promise<void>): Happening {
  return {
    check: () => true,
    run: async (world) => {
      steps.count += 1
      await happens(world)
      await world.pump()
    },
    toString: () => name,
  }
}

const nat = fc.nat(30)

function picked<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(1, all.length)]
}

/** One of so many is another. */
function rarely<T>(usually: T, rare: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(usually) }, { weight: 1, arbitrary: rare })
}

const posted = fc.record({
  call: fc.nat(6),
  sequence: rarely<number | null>(null, fc.integer({ min: 1, max: 12 }), 3),
  isPoison: rarely(false, fc.constant(true), 12),
})

const post = fc.array(posted, { minLength: 1, maxLength: 4 }).map((events) => {
  const names = events.map(
    ({ call, sequence, isPoison }) =>
      `${call}${sequence === null ? '' : `#${sequence}`}${isPoison ? '!' : ''}`,
  )
  return happening(`post ${names.join(' ')}`, (world) => {
    const all = events.map(({ call, sequence, isPoison }): Posted => {
      const id = `e${world.posted.length + 1}`
      const variables = JSON.stringify({ id: isPoison ? MARKER : id })
      const one = { event: eventOf(call, id, { sequence, variables }), isAcknowledged: false }
      world.posted.push(one)
      return one
    })
    world.post(all)
  })
})

const repost = nat.map((pick) =>
  happening(`post ${pick} again`, (world) => {
    const unsure = world.posted.filter((each) => !each.isAcknowledged)
    const one = picked(pick % 2 === 0 && unsure.length > 0 ? unsure : world.posted, pick)
    if (one !== undefined) world.post([one])
  }),
)

const passing = (times: fc.Arbitrary<number>) =>
  times.map((ms) => happening(`${ms} ms pass`, async (world) => world.elapse(ms)))
const pass = passing(fc.oneof(fc.nat(300), fc.integer({ min: 300, max: 6_000 }), fc.constant(20_000)))
const longer = passing(fc.constantFrom(60_000, 200_000))

/** An outage of a day is nothing but probes, and a full storage nothing but tries. */
const day = fc.constant(
  happening('a day passes', async (world) => {
    for (const receiver of world.receivers.byWebhook.values()) receiver.answer = 'ok'
    world.disk.faults.isFull = false
    await world.elapse(24 * 60 * 60_000)
  }),
)

const receiving = fc
  .record({
    answer: fc.constantFrom<Answer>('ok', 'ok', 'ok', 'fails', 'fails', 'busy', 'limited', 'hangs', 'toxic'),
    latencyMs: fc.constantFrom(0, 0, 20, 300, 2_000),
    isSlow: fc.boolean(),
  })
  .chain((receiver) => nat.map((pick) => [pick, receiver] as const))
  .map(([pick, receiver]) => setReceiver(`receiver ${pick}`, pick, receiver))

function setReceiver(name: string, pick: number, receiver: Receiver): Happening {
  return happening(`${name}: ${JSON.stringify(receiver)}`, ({ receivers: { byWebhook } }) => {
    const id = picked([...byWebhook.keys()], pick)
    if (id !== undefined) byWebhook.set(id, receiver)
  })
}

const gone = fc.constant(setReceiver('a receiver', 0, { answer: 'gone', latencyMs: 0, isSlow: false }))

const outage = fc
  .constantFrom<Answer>('ok', 'fails', 'hangs')
  .map((answer) =>
    happening(`all receivers: ${answer}`, ({ receivers }) =>
      receivers.setAll({ answer, latencyMs: 5, isSlow: false }),
    ),
  )

const setting = <T>(name: string, values: fc.Arbitrary<T>, set: (world: World, value: T) => void) =>
  values.map((value) => happening(`${name}: ${String(value)}`, (world) => set(world, value)))

const syncing = setting('syncs take ms', fc.constantFrom(0, 0, 30, 400), (world, ms) => {
  world.syncMs = ms
})
const opening = setting('opening takes ms', fc.constantFrom(0, 0, 50, 400, 3_000), (world, ms) => {
  world.openMs = ms
})
const filling = setting('the storage is full', fc.boolean(), ({ disk }, isFull) => {
  disk.faults.isFull = isFull
})
const failing = setting('a write fails, the nth', fc.integer({ min: 1, max: 8 }), ({ disk }, failIn) => {
  disk.faults.failIn = failIn
})
const d1 = setting('D1 is down', fc.boolean(), (world, isDown) => {
  world.isD1Down = isDown
})
const queue = setting('the queue takes messages', fc.boolean(), ({ makers }, takes) => {
  makers.takesMessages = takes
})
const beginning = setting('makers begin after ms', fc.constantFrom(0, 0, 100, 240, 400), (world, ms) => {
  world.makers.delayMs = ms
})
const repeating = setting(
  'reports come again after ms',
  fc.constantFrom(null, 0, 200, 1_000),
  (world, ms) => {
    world.makers.repeatsMs = ms
  },
)
const dying = fc.constant(happening('the makers die', ({ makers }) => makers.die()))

const crash = fc
  .record({
    kept: fc.boolean(),
    told: fc.boolean(),
    staleMs: fc.constantFrom(0, 0, 100, 400, 6_000),
    restarts: fc.boolean(),
  })
  .map(({ restarts, ...how }) =>
    happening(`crash ${JSON.stringify(how)}${restarts ? ' and restart' : ''}`, async (world) => {
      await world.crash(how)
      if (restarts) void world.shard
    }),
  )

function changing(
  name: string,
  pick: number,
  isCut: boolean,
  to: (row: WebhookRow) => WebhookRow | null,
): Happening {
  return happening(`webhook ${pick} ${name}${isCut ? ', cut' : ''}`, (world) => {
    const id = picked(world.d1.webhooks, pick)?.id ?? ''
    world.configure(() => world.change(id, to), isCut)
  })
}

const status = fc
  .tuple(
    nat,
    fc.constantFrom<WebhookRow['status']>('active', 'active', 'paused', 'disabled'),
    rarely(false, fc.constant(true), 6),
  )
  .map(([pick, next, isCut]) =>
    changing(next, pick, isCut, (row) => {
      const discards = row.discards + Number(next === 'disabled' && row.status !== next)
      return { ...row, status: next, discards }
    }),
  )

const fields = fc.oneof(
  fc.record({ ordering: fc.constantFrom('per_call' as const, 'none' as const) }),
  fc.record({ rate_limit: fc.constantFrom(null, 1, 20) }),
  fc.record({ max_age_seconds: fc.constantFrom(null, 3, 30) }),
)
const reconfigure = fc
  .tuple(nat, fields)
  .map(([pick, more]) =>
    changing(JSON.stringify(more), pick, false, (row) => ({ ...row, ...more, version: row.version + 1 })),
  )

const remove = nat.map((pick) =>
  happening(`webhook ${pick} is deleted`, (world) => {
    const id = picked(world.d1.webhooks, pick)?.id ?? ''
    if (world.d1.webhooks.length > 1) world.configure(() => world.change(id, () => null), false)
  }),
)

const consume = fc
  .tuple(nat, fc.boolean(), fc.constantFrom('consumed', 'consumed', 'consumed', 'lost', 'given up'))
  .map(([pick, stays, what]) =>
    happening(`message ${pick} is ${what}${stays ? ' and stays' : ''}`, ({ makers }) => {
      const message = picked(makers.messages, pick)
      if (message === undefined) return
      if (!stays) makers.messages = makers.messages.filter((each) => each !== message)
      if (what === 'consumed') makers.consume(message)
      if (what === 'given up') makers.giveUp(message)
    }),
  )

const retry = nat.map((pick) =>
  happening(`delivery ${pick} is asked for by hand`, (world) => {
    const rows = world.watch.rows().filter((row) => row.status !== 'pending' && row.status !== 'held')
    const row = picked(rows, pick)
    const event = world.watch.events().find(({ seq }) => seq === row?.seq)
    if (row !== undefined && event !== undefined) world.retry(event.call_id, row.webhook_id, row.seq)
  }),
)

const replay = nat.map((pick) =>
  happening(`webhook ${pick} is replayed`, (world) => {
    const id = picked(world.d1.webhooks, pick)?.id
    const filter = { since: 0, until: world.nowMs, statuses: ['failed' as const, 'discarded' as const] }
    if (id !== undefined) world.replay(`rpl_${String(steps.count).padStart(9, '0')}`, id, filter)
  }),
)

function often(weights: [number, fc.Arbitrary<Happening>][]): fc.Arbitrary<Happening>[] {
  return weights.flatMap(([weight, kind]) => Array.from({ length: weight }, () => kind))
}

const usual = often([
  [8, post],
  [2, repost],
  [8, pass],
  [3, receiving],
])
const crashes = often([
  [4, crash],
  [2, syncing],
])
const storage = often([
  [2, filling],
  [2, failing],
  [1, syncing],
])
const changes = often([
  [5, status],
  [1, reconfigure],
  [1, d1],
])
const outside = often([
  [6, consume],
  [1, queue],
  [2, beginning],
  [2, repeating],
  [1, dying],
])
const byHand = often([
  [3, retry],
  [1, replay],
])
const days = often([
  [2, longer],
  [3, day],
])
const all = [...usual, ...crashes, ...storage, ...changes, ...outside, ...byHand]

/** Worlds of different kinds: in one in which all happens at once, few things get far. */
export const mixes: fc.Arbitrary<Happening>[][] = [
  [...all, opening, longer, day, remove, gone],
  [...usual, ...crashes],
  [...usual, ...crashes, ...outside],
  [...usual, ...storage, ...crashes],
  [...usual, ...changes, ...crashes, opening, opening],
  [...usual, ...changes, ...storage],
  [...usual, ...changes, ...byHand, ...crashes, longer, day],
  [...usual, ...often([[6, outage]]), ...crashes, ...changes],
  [...usual, ...changes, ...days, ...crashes],
]
