import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { mixes, steps } from './shard-happenings.ts'
import { hook } from './shard-samples.ts'
import { MARKER, World } from './shard-world.ts'

/*
 * A whole shard is driven by whatever can happen around it, in any order: events, reports, changes of its
 * configuration, writes that fail, a full storage, restarts at every point, and lives of it that go on after their
 * successor has started. What it promises is watched from outside, in its requests, its answers and its rows.
 * SHARD_MODEL_RUNS=20000 makes it go on for longer.
 */

const RUNS = Number(process.env['SHARD_MODEL_RUNS'] ?? 300)
const LEAST_STEPS_A_RUN = 20

const webhooks = [
  [hook(0)],
  [hook(0), hook(1, { ordering: 'none' })],
  [hook(0), hook(1, { rate_limit: 5 }), hook(2, { max_age_seconds: 20 })],
  [
    hook(0),
    hook(1),
    hook(9, {
      kind: 'operational',
      triggers: ['webhook.failing', 'webhook.recovered', 'webhook.disabled', 'delivery.failed'],
    }),
  ],
]

test('a shard keeps its promises whatever happens, and everything ends', async () => {
  const scripts = fc.oneof(
    ...mixes.map((mix) =>
      fc.commands(mix, {
        maxCommands: 120,
        size: 'max',
        ...(process.env['REPLAY'] ? { replayPath: process.env['REPLAY'] } : {}),
      }),
    ),
  )
  const worlds = fc.record({
    attemptsBy: fc.constantFrom('object' as const, 'invocation' as const),
    webhooks: fc.constantFrom(...webhooks),
    seed: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(worlds, scripts, async (how, script) => {
      const world = new World(how.attemptsBy, how.webhooks, how.seed)
      world.open()
      try {
        world.disk.faults.marker = MARKER
        world.configure(() => undefined, false)
        await world.pump()
        await fc.asyncModelRun(() => ({ model: world, real: world }), script)
        const t0 = process.cpuUsage().user
        const n0 = steps.count
        await world.settle()
        if (process.env['STAT'])
          console.log(
            'settle',
            (process.cpuUsage().user - t0) / 1000,
            'told',
            world.told.length,
            world.watch.requests,
          )
        world.watch.allEnded()
      } finally {
        world.close()
      }
    }),
    process.env['SEED']
      ? { seed: Number(process.env['SEED']), path: process.env['FPATH'] ?? '', endOnFailure: true }
      : {
          numRuns: RUNS,
          interruptAfterTimeLimit: Number(process.env['LIMIT'] ?? 3e6),
          endOnFailure: process.env['NOSHRINK'] === '1',
        },
  )
  expect(steps.count).toBeGreaterThanOrEqual(RUNS * LEAST_STEPS_A_RUN)
}, 3_600_000)
