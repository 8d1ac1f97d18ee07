import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mixes, steps } from './shard-happenings.ts'
import { MARKER } from './shard-receivers.ts'
import { hook } from './shard-samples.ts'
import { seen } from './shard-watch.ts'
import { World } from './shard-world.ts'

/*
 * A whole shard is driven by whatever can happen around it, in any order: events, reports, changes of its
 * configuration, writes that fail, a full storage, restarts at every point, and lives of it that go on after their
 * successor has started. What it promises is watched from outside, in its requests, its answers and its rows; and a
 * start of it is tried again and again beside it, which has to remember all but what is in flight.
 *
 * SHARD_MODEL_RUNS=20000 makes it go on for longer. SHARD_MODEL_REPLAY='seed path replayPath' does again what failed.
 */

const RUNS = Number(process.env['SHARD_MODEL_RUNS'] ?? 80)
const [seed, path, replayPath] = (process.env['SHARD_MODEL_REPLAY'] ?? '').split(' ')
const LEAST_STEPS_A_RUN = 30

const operational = hook(9, {
  kind: 'operational',
  triggers: ['webhook.failing', 'webhook.recovered', 'webhook.disabled', 'delivery.failed'],
})
const accounts = [
  [hook(0)],
  [hook(0), hook(1, { ordering: 'none' })],
  [hook(0), hook(1, { rate_limit: 5 }), hook(2, { max_age_seconds: 20 })],
  [hook(0), hook(1), operational],
]
const worlds = fc.record({
  attemptsBy: fc.constantFrom('object' as const, 'invocation' as const),
  account: fc.nat(accounts.length - 1),
  seed: fc.nat(),
})
const scripts = fc.oneof(
  ...mixes.map((mix) =>
    fc.commands(mix, { maxCommands: 120, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) }),
  ),
)

test('a shard keeps its promises whatever happens, and everything ends', async () => {
  const property = fc.asyncProperty(worlds, scripts, async (how, script) => {
    const world = new World(how.attemptsBy, accounts[how.account] ?? [], how.seed)
    try {
      world.disk.faults.marker = MARKER
      world.configure(() => undefined, false)
      await world.pump()
      await fc.asyncModelRun(() => ({ model: world, real: world }), script)
      await world.settle()
      world.watch.allEnded()
    } finally {
      world.close()
    }
  })
  if (path !== undefined) {
    return fc.assert(property, { seed: Number(seed), path, endOnFailure: true })
  }
  // Without a word from outside the same scripts each time: a change is red for what it did, and for nothing else.
  const isLong = process.env['SHARD_MODEL_RUNS'] !== undefined
  await fc.assert(property, { numRuns: RUNS, ...(isLong ? {} : { seed: 8 }) })
  expect(steps.count).toBeGreaterThanOrEqual(RUNS * LEAST_STEPS_A_RUN)
  for (const [what, count] of Object.entries(seen))
    expect(count, `${what} were seen`).toBeGreaterThan(RUNS / 10)
}, 3_600_000)
