import * as fc from 'fast-check'
import type { WebhookRow } from '../../src/contracts/configuration.ts'
import { eventOf } from './shard-samples.ts'
import { MARKER, type Answer, type Posted, type World } from './shard-world.ts'

export type Happening = fc.AsyncCommand<World, World>

/** How many happenings have happened. */
export const steps = { count: 0 }

function happening(name: string, happens: (world: World) => void | Promise<void>): Happening {
  return {
    check: () => true,
    run: async (world) => {
      steps.count += 1
      world.told.push(name)
      if (process.env['TRACE']) console.log('==', world.nowMs % 1e8, name)
      await happens(world)
      await world.pump()
      if (process.env['TRACE'])
        for (const row of world.watch.rows())
          console.log('    ', row.seq, row.webhook_id.slice(9, 13), row.status)
    },
    toString: () => name,
  }
}

const nat = fc.nat(30)

function picked<T>(all: readonly T[], pick: number): T | undefined {
  return all[pick % Math.max(1, all.length)]
}

const post = fc
  .array(
    fc.record({
      call: fc.nat(6),
      sequence: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(6) }),
      isPoison: fc.oneof(
        { weight: 12, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((events) =>
    happening(
      `post ${events.map(({ call, sequence, isPoison }) => `${call}${sequence === null ? '' : `#${sequence + 1}`}${isPoison ? '!' : ''}`).join(' ')}`,
      (world) => {
        const posted = events.map(({ call, sequence, isPoison }): Posted => {
          const id = `e${world.posted.length + 1}`
          const more = { sequence: sequence === null ? null : sequence + 1 }
          const event = eventOf(
            call,
            id,
            isPoison ? { ...more, variables: JSON.stringify({ id: MARKER }) } : more,
          )
          const one = { event, isAcknowledged: false }
          world.posted.push(one)
          return one
        })
        world.post(posted)
      },
    ),
  )

const repost = nat.map((pick) =>
  happening(`post ${pick} again`, (world) => {
    const unsure = world.posted.filter((each) => !each.isAcknowledged)
    const one = picked(pick % 2 === 0 && unsure.length > 0 ? unsure : world.posted, pick)
    if (one !== undefined) world.post([one])
  }),
)

const pass = fc
  .oneof(fc.nat(300), fc.integer({ min: 300, max: 6_000 }), fc.constant(20_000))
  .map((ms) => happening(`${ms} ms pass`, async (world) => world.elapse(ms)))

const longer = fc
  .constantFrom(60_000, 200_000)
  .map((ms) => happening(`${ms} ms pass`, async (world) => world.elapse(ms)))

/** An outage of a day is nothing but probes, and a full storage nothing but tries. */
const day = fc.constant(
  happening('a day passes', async (world) => {
    for (const receiver of world.receivers.values()) receiver.answer = 'ok'
    world.disk.faults.isFull = false
    await world.elapse(24 * 60 * 60_000)
  }),
)

const receiving = fc
  .record({
    webhook: nat,
    answer: fc.constantFrom<Answer>('ok', 'ok', 'ok', 'fails', 'fails', 'busy', 'limited', 'hangs', 'toxic'),
    latencyMs: fc.constantFrom(0, 0, 20, 300, 2_000),
    isSlow: fc.boolean(),
  })
  .map(({ webhook, ...receiver }) =>
    happening(
      `receiver ${webhook}: ${receiver.answer} in ${receiver.latencyMs}${receiver.isSlow ? ', slow' : ''}`,
      (world) => {
        const id = picked([...world.receivers.keys()], webhook)
        if (id !== undefined) world.receivers.set(id, receiver)
      },
    ),
  )

const allGone = fc.constant(
  happening('a receiver is gone', (world) => {
    const [id] = world.receivers.keys()
    if (id !== undefined) world.receivers.set(id, { answer: 'gone', latencyMs: 0, isSlow: false })
  }),
)

const outage = fc.constantFrom<Answer>('ok', 'fails', 'hangs').map((answer) =>
  happening(`all receivers: ${answer}`, (world) => {
    for (const id of world.receivers.keys()) world.receivers.set(id, { answer, latencyMs: 5, isSlow: false })
  }),
)

const syncing = fc.constantFrom(0, 0, 30, 400).map((ms) =>
  happening(`syncs take ${ms} ms`, (world) => {
    world.syncMs = ms
  }),
)

const opening = fc.constantFrom(0, 0, 50, 400).map((ms) =>
  happening(`opening takes ${ms} ms`, (world) => {
    world.openMs = ms
  }),
)

const filling = fc.boolean().map((isFull) =>
  happening(isFull ? 'the storage is full' : 'there is room', (world) => {
    world.disk.faults.isFull = isFull
  }),
)

const failing = fc.integer({ min: 1, max: 8 }).map((failIn) =>
  happening(`write ${failIn} fails`, (world) => {
    world.disk.faults.failIn = failIn
  }),
)

const crash = fc
  .record({
    kept: fc.boolean(),
    told: fc.boolean(),
    staleMs: fc.constantFrom(0, 0, 100, 400, 3_000),
    restarts: fc.boolean(),
  })
  .map(({ restarts, ...how }) =>
    happening(`crash ${JSON.stringify(how)}${restarts ? ' and restart' : ''}`, async (world) => {
      await world.crash(how)
      if (restarts) world.start()
    }),
  )

const status = fc
  .record({
    webhook: nat,
    status: fc.constantFrom<WebhookRow['status']>('active', 'active', 'paused', 'disabled'),
    isCut: fc.oneof(
      { weight: 5, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  .map(({ webhook, status: next, isCut }) =>
    happening(`webhook ${webhook} is ${next}${isCut ? ', cut' : ''}`, (world) => {
      const id = picked(world.d1.webhooks, webhook)?.id
      const discards = next === 'disabled' ? 1 : 0
      const change = (): void =>
        world.change(id ?? '', (row) => ({
          ...row,
          status: next,
          discards: row.discards + (row.status === next ? 0 : discards),
        }))
      world.configure(change, isCut)
    }),
  )

const reconfigure = fc
  .tuple(
    nat,
    fc.oneof(
      fc.record({ ordering: fc.constantFrom('per_call' as const, 'none' as const) }),
      fc.record({ rate_limit: fc.constantFrom(null, 1, 20) }),
      fc.record({ max_age_seconds: fc.constantFrom(null, 3, 30) }),
    ),
  )
  .map(([webhook, more]) =>
    happening(`webhook ${webhook} has ${JSON.stringify(more)}`, (world) => {
      const id = picked(world.d1.webhooks, webhook)?.id
      world.configure(
        () => world.change(id ?? '', (row) => ({ ...row, ...more, version: row.version + 1 })),
        false,
      )
    }),
  )

const remove = nat.map((webhook) =>
  happening(`webhook ${webhook} is deleted`, (world) => {
    const id = picked(world.d1.webhooks, webhook)?.id
    if (world.d1.webhooks.length > 1) world.configure(() => world.change(id ?? '', () => null), false)
  }),
)

const d1 = fc.boolean().map((isDown) =>
  happening(`D1 is ${isDown ? 'down' : 'up'}`, (world) => {
    world.isD1Down = isDown
  }),
)

const consume = fc
  .tuple(nat, fc.boolean(), fc.constantFrom('consumed', 'consumed', 'consumed', 'lost', 'given up'))
  .map(([pick, stays, what]) =>
    happening(`message ${pick} is ${what}${stays ? ' and stays' : ''}`, (world) => {
      const message = picked(world.messages, pick)
      if (message === undefined) return
      if (!stays) world.messages = world.messages.filter((each) => each !== message)
      if (what === 'consumed') world.consume(message)
      if (what === 'given up') world.giveUp(message)
    }),
  )

const queue = fc.boolean().map((takes) =>
  happening(`the queue ${takes ? 'takes' : 'refuses'} messages`, (world) => {
    world.takesMessages = takes
  }),
)

const makers = fc.constantFrom(0, 0, 100, 240, 400, -1).map((ms) =>
  happening(ms < 0 ? 'the makers die' : `makers begin after ${ms} ms`, (world) => {
    if (ms < 0) world.makers = []
    else world.makerMs = ms
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
    if (id === undefined) return
    const filter = { since: 0, until: world.nowMs, statuses: ['failed' as const, 'discarded' as const] }
    world.replay(`rpl_${String(world.told.length).padStart(5, '0')}`, id, filter)
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
  [3, makers],
])
const byHand = often([
  [3, retry],
  [1, replay],
])

/** Worlds of different kinds: in one in which all happens at once, few things get far. */
export const mixes: fc.Arbitrary<Happening>[][] = [
  [
    ...usual,
    ...crashes,
    ...storage,
    ...changes,
    ...outside,
    ...byHand,
    opening,
    longer,
    day,
    remove,
    allGone,
  ],
  [...usual, ...crashes],
  [...usual, ...crashes, ...outside],
  [...usual, ...storage, ...crashes],
  [...usual, ...changes, ...crashes, opening],
  [...usual, ...changes, ...byHand, ...crashes, longer, day],
  [...usual, ...often([[6, outage]]), ...crashes, ...changes],
  [
    ...usual,
    ...changes,
    ...often([
      [2, longer],
      [3, day],
    ]),
    ...crashes,
  ],
]
