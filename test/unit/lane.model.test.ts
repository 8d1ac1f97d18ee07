import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as lanes from '../../src/order/lane.ts'
import { lastWords, mixes, steps } from './lane-happenings.ts'
import { World } from './lane-world.ts'

/*
 * A lane is driven by whatever can happen to it, in any order, and what it does is watched from outside: at the
 * receiver, in the log, and by what it lets its call and its Webhook object know of what it owes.
 */

const LEAST_STEPS = 100_000

/**
 * Lets everything come to its end. The lane is looked at only when it says so, and woken only where its Webhook
 * object knows that it waits.
 */
function settle(world: World): void {
  if (world.isHolding) world.become('active')
  Object.assign(world, { slow: false, slots: 4 })
  if (world.waits !== null) world.wake()
  // A message may be lost: what was on the queue is claimed again when its lease is over.
  for (let round = 0; round < world.items.length * 20 + 200; round += 1) {
    world.flush()
    const ready = world.claims.find((claim) => claim.stage === 'soon')
    const flying = world.claims.find((claim) => claim.stage === 'out')
    const dueMs = lanes.dueAtMs(world.lane)
    if (ready !== undefined) world.go(ready)
    else if (flying !== undefined) world.tell(flying, { kind: 'succeeded' })
    else if (lanes.isPressing(world.lane, world.backlog)) world.look()
    else if (dueMs === null) break
    else {
      world.nowMs = Math.max(world.nowMs, dueMs)
      world.look()
    }
  }
  for (const { rank } of world.items) {
    expect(world.isOwed(rank), `the delivery of ${rank} has an end`).toBe(false)
  }
  expect(world.lane.open).toEqual([])
}

test('a lane keeps its promises whatever happens, and everything ends', () => {
  const scripts = fc.oneof(...mixes.map((mix) => fc.commands(mix, { maxCommands: 250, size: 'max' })))
  fc.assert(
    fc.property(scripts, lastWords, (script, last) => {
      const world = new World()
      fc.modelRun(() => ({ model: world, real: world }), script)
      if (last.check(world)) last.run(world, world)
      settle(world)
    }),
    { numRuns: 1_600 },
  )
  expect(steps.count).toBeGreaterThanOrEqual(LEAST_STEPS)
}, 60_000)
