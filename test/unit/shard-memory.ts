import { expect } from 'vitest'
import type { StoredEvent } from '../../src/contracts/events.ts'
import type { Call } from '../../src/order/call.ts'
import { isClaimed, type Open } from '../../src/order/lane.ts'
import { Life } from './shard-life.ts'
import type { Request } from './shard-receivers.ts'
import type { World } from './shard-world.ts'
import { Storage } from './sql-storage.ts'

/** While anything is under way the alarm is no further off than this (ms). */
const SAFETY_MS = 5_000
/** A backlog that nothing holds goes on a few calls at a time, at most so far apart (ms). */
const DRAIN_PAUSE_MS = 20

/** A shard that owes work has its alarm set, on disk. */
export function owesNothingInSilence(world: World, life: Life, callIds: Iterable<string>): void {
  for (const callId of callIds) {
    const call = life.engine.calls.peek(callId)?.call
    if (call === undefined) continue
    for (const webhookId of call.webhookIds) {
      if (call.owes(webhookId) !== 'held' || life.engine.isHolding(webhookId)) continue
      const isToCome =
        life.own.size > 0 || (life.chores.dueMs(world.nowMs) ?? Infinity) <= world.nowMs + DRAIN_PAUSE_MS
      expect(isToCome, `${callId} holds what nothing holds for ${webhookId}, and is to be looked at`).toBe(
        true,
      )
    }
    const owes = call.isWaiting || [...call.webhookIds].some((webhookId) => call.owes(webhookId) === 'work')
    if (!owes) continue
    const { nowMs, disk } = world
    const dueMs = life.chores.dueMs(nowMs)
    expect(dueMs !== null || life.own.size > 0, `${callId} owes work, and something is due or out`).toBe(true)
    // What a maker elsewhere has is due when its time is up.
    const owedMs = life.own.size > 0 ? nowMs : (life.engine.calls.nextDueMs ?? nowMs)
    const latestMs = Math.max(owedMs, nowMs + SAFETY_MS)
    expect(disk.alarmMs ?? Infinity, `${callId} owes work, and the alarm is set`).toBeLessThanOrEqual(
      latestMs,
    )
  }
}

/** A shard that starts now has in memory what this one has, but for what is in flight. */
export function remembers(
  world: World,
  life: Life,
  callIds: Iterable<string>,
  out: readonly Request[],
): void {
  const mirror = new Life(new Storage(world.disk, true), world.settings, world)
  mirror.state = 'gone'
  for (const callId of callIds) {
    const call = life.engine.calls.peek(callId)?.call
    if (call === undefined || call.events.length === 0) continue
    const again = mirror.engine.calls.get(callId, world.nowMs)?.call
    if (again === undefined) {
      for (const webhookId of call.webhookIds)
        expect(call.owes(webhookId), `${callId} is gone`).toBe('nothing')
      continue
    }
    expect(again.events.map(plain), `the events of ${callId}`).toEqual(call.events.map(plain))
    expect(again.ordered.map(plain), `the order of ${callId}`).toEqual(call.ordered.map(plain))
    for (const event of call.events) {
      for (const webhookId of event.webhooks) {
        const name = `${event.seq} ${webhookId}`
        const requests = out.filter((each) => each.seq === event.seq && each.webhookId === webhookId)
        const [now, then] = [standOf(call, webhookId, event), standOf(again, webhookId, event)]
        if (now === 'to come' && isInDoubt(then) && isUnordered(life, webhookId)) continue
        sameStand(name, now, then, requests, world.nowMs)
      }
    }
    for (const webhookId of call.webhookIds) {
      if (call.owes(webhookId) !== 'nothing') continue
      expect(again.owes(webhookId), `what ${callId} owes ${webhookId}`).toBe('nothing')
    }
  }
}

type Stand = 'over' | 'to come' | Open

function standOf(call: Call, webhookId: string, event: StoredEvent): Stand {
  if (event.rank === null) return 'to come'
  const open = call.openOf(webhookId, event.rank)
  return open ?? (call.openStand(webhookId, event) === null ? 'over' : 'to come')
}

/** @param again how a delivery stands in the memory of a shard that starts now */
function sameStand(name: string, now: Stand, again: Stand, out: readonly Request[], nowMs: number): void {
  const both = `${name}: ${JSON.stringify(now)}, and after a start ${JSON.stringify(again)}`
  if (now === 'over' || again === 'over') return expect(again, both).toBe(now)
  if (now === 'to come') {
    // It may be open: what is to come is held by a row, or waits behind what is open.
    if (again !== 'to come') expect(isUntried(again), both).toBe(true)
    return
  }
  if (again === 'to come') return expect(isUntried(now), both).toBe(true)
  expect(again.manual, both).toBe(now.manual)
  if (now.stand.kind === 'flight') {
    expect(again.stand.kind, both).toBe('flight')
    expect(again.attempts, both).toBe(now.attempts)
    for (const { endsMs } of out) {
      if (again.stand.kind !== 'flight' || endsMs <= nowMs) continue
      expect(again.stand.untilMs, `${both}; it is under way until ${endsMs}`).toBeGreaterThanOrEqual(endsMs)
    }
    return
  }
  if (again.stand.kind === 'flight') {
    // In doubt: nothing on disk says that it has not started, or that it was in doubt before.
    return expect([now.attempts, now.attempts + 1], both).toContain(again.attempts)
  }
  expect(again.attempts, both).toBe(now.attempts)
  if (isClaimed(now) || now.stand.kind === 'ready') return
  expect(again.stand, both).toEqual(now.stand)
  expect({ ...again, expiresMs: 0 }, both).toEqual({ ...now, expiresMs: 0 })
}

/** It has no row: nothing on disk says that it has not started. */
function isInDoubt(stand: Stand): boolean {
  return typeof stand === 'object' && stand.stand.kind === 'flight' && stand.attempts === 1
}

/** What its lane had waiting starts at once when it is told that its order is no matter any more, but for this moment. */
function isUnordered(life: Life, webhookId: string): boolean {
  return life.configuration.standing(webhookId).ordering === 'none'
}

function isUntried({ attempts, stand }: Open): boolean {
  return attempts === 0 && (stand.kind === 'ready' || stand.kind === 'queued')
}

function plain(event: StoredEvent): StoredEvent {
  return { ...event }
}
