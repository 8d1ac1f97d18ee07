import type { Settings } from '../lib/settings.ts'
import type { Breakers, ToDisable } from './breakers.ts'
import type { Configuration } from './configuration.ts'
import type { Drains } from './drain.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Engine } from './engine.ts'
import type { Log } from './log.ts'
import type { Journal } from './journal.ts'
import type { OwnAttempts } from './own-attempts.ts'
import type { Replays } from './replays.ts'
import type { Retention } from './retention.ts'
import type { Stats } from './stats.ts'
import type { Tests } from './tests.ts'

interface Parts {
  readonly engine: Engine
  readonly journal: Journal
  readonly log: Log
  readonly breakers: Breakers
  readonly configuration: Configuration
  readonly replays: Replays
  readonly stats: Stats
  readonly tests: Tests
  readonly retention: Retention
  readonly drains: Drains
  readonly own: OwnAttempts
  readonly elsewhere: Elsewhere
  readonly settings: Settings
}

/**
 * How often it is looked whether attempts under way are to be listed (ms). Each is a row, so a few go at a time, and the
 * next of many so much later (ms): a receiver that hangs must not hold up others each time.
 */
const LIST_EVERY_MS = 250
const LISTED_AT_ONCE = 6
const LIST_AGAIN_MS = 20
/** How often calls are let go that rest, and the mark is moved (ms). */
const REST_EVERY_MS = 15_000
const MARK_EVERY_MS = 60_000
/** What asks D1 and failed is tried again after this (ms), each time after twice as long, up to the longest. */
const DISABLE_AGAIN_MS = 1_000
const DISABLE_LONGEST_MS = 60_000
/** How many calls are asked for a probe before it is put off, and of how many held deliveries on disk they may be. */
const PROBES_ASKED = 5
const HELD_LOOKED_AT = 50
/** When it is looked again whether a probe can go, if none could (ms). */
const PROBE_AGAIN_MS = 1_000

/**
 * What a shard does by the clock, beside its calls: each says when it is due, and does a portion when it is. One place
 * arms a timer and the alarm for the earliest.
 */
export class Chores {
  readonly #parts: Parts
  #listMs = 0
  #restMs = 0
  #markMs = 0
  #markedSeq: number
  #disableMs = 0
  #disableAgainMs = DISABLE_AGAIN_MS
  /** Configurations that were replaced before this (ms since epoch) are of no attempt that the log has; null: none is new. */
  forgetVersionsBefore: number | null = null

  constructor(parts: Parts) {
    this.#parts = parts
    this.#markedSeq = parts.journal.mark
  }

  /** When something is owed that does not go on by itself (ms since epoch); null if nothing is. */
  owedMs(nowMs: number): number | null {
    const { engine, breakers, configuration, replays, stats, tests, retention, drains } = this.#parts
    let due = Infinity
    const at = (ms: number | null): void => {
      if (ms !== null && ms < due) due = ms
    }
    at(engine.calls.nextDueMs)
    at(breakers.nextProbeMs)
    at(configuration.dueMs())
    at(replays.dueMs())
    at(stats.owedMs())
    at(tests.dueMs())
    at(retention.dueMs())
    at(drains.dueMs())
    if (engine.hasBacklog) at(nowMs)
    if (breakers.isAnyUnhealthy && this.#toDisable(nowMs).length > 0) at(this.#disableMs)
    return due === Infinity ? null : due
  }

  /**
   * When there is something to do (ms since epoch); null if nothing is. While attempts are under way that takes in what
   * is done because the shard is awake in any case: nothing is lost if it goes to sleep before it has tidied up.
   */
  dueMs(nowMs: number): number | null {
    const { own, elsewhere, stats } = this.#parts
    let due = Math.min(this.owedMs(nowMs) ?? Infinity, stats.dueMs() ?? Infinity)
    if (own.size + elsewhere.size > 0) due = Math.min(due, this.#listMs)
    if (own.size > 0) due = Math.min(due, this.#restMs)
    return due === Infinity ? null : due
  }

  /** Does a portion of what is due. Inside a transaction. */
  step(nowMs: number): void {
    const { engine, breakers, replays, tests, retention, drains, own, elsewhere } = this.#parts
    engine.tick(nowMs)
    drains.step(nowMs)
    for (const { webhookId, lastCall } of breakers.probesDue(nowMs)) this.#probe(webhookId, lastCall, nowMs)
    if (nowMs >= this.#listMs) {
      own.grow(nowMs)
      const unlisted = [own, elsewhere].flatMap((out) => out.takeUnlisted(LISTED_AT_ONCE, nowMs))
      this.#listMs = nowMs + (unlisted.length < LISTED_AT_ONCE ? LIST_EVERY_MS : LIST_AGAIN_MS)
      engine.list(unlisted, nowMs)
    }
    tests.step(nowMs)
    if ((replays.dueMs() ?? Infinity) <= nowMs) replays.step(this.#forReplays(nowMs), nowMs)
    if ((retention.dueMs() ?? Infinity) <= nowMs || retention.isFull()) this.#forget(nowMs)
    if (nowMs >= this.#restMs) this.#rest(nowMs)
  }

  /** Does a portion of what is due of the stats. By itself: what cannot be counted must not hold up what is due. */
  count(nowMs: number): void {
    const { engine, own, elsewhere, stats } = this.#parts
    stats.step(own.size > 0 || elsewhere.size > 0 || engine.hasClaimed, nowMs)
  }

  isCountDue(nowMs: number): boolean {
    return (this.#parts.stats.dueMs() ?? Infinity) <= nowMs
  }

  /** The webhooks that are to be disabled, which D1 has to be asked for. */
  disablesDue(nowMs: number): ToDisable[] {
    if (nowMs < this.#disableMs) return []
    const found = this.#toDisable(nowMs)
    if (found.length === 0) {
      this.#disableAgainMs = DISABLE_AGAIN_MS
      return found
    }
    // In case that D1 does not take it.
    this.#disableMs = nowMs + this.#disableAgainMs
    this.#disableAgainMs = Math.min(DISABLE_LONGEST_MS, 2 * this.#disableAgainMs)
    return found
  }

  #toDisable(nowMs: number): ToDisable[] {
    const { breakers, configuration } = this.#parts
    return breakers.toDisable(nowMs).filter(({ webhookId, goneMs, isAsked }) => {
      const { status } = configuration.standing(webhookId)
      // What was asked for may have been made, and the account is to be told.
      return isAsked || status === 'active' || (goneMs !== null && status === 'paused')
    })
  }

  /**
   * Has a call send a delivery to see whether a webhook's receiver is back: the first that can, of those after the one
   * that was asked last. A delivery that its receiver will never take must not keep the breaker tripped for the others.
   */
  #probe(webhookId: string, lastCall: string, nowMs: number): void {
    const { engine, breakers, journal, configuration } = this.#parts
    // Enabling it makes the breaker anew.
    if (configuration.standing(webhookId).status !== 'active') return breakers.putOff(webhookId, Infinity)
    const inMemory = engine.calls.owing(webhookId)
    const after = inMemory.indexOf(lastCall) + 1
    const onDisk = journal.events(journal.held(webhookId, 0, HELD_LOOKED_AT)).map((event) => event.call_id)
    const others = [...inMemory.slice(after), ...onDisk, ...inMemory].filter((callId) => callId !== lastCall)
    const asked = [...new Set(others)].slice(0, PROBES_ASKED)
    for (const callId of [...asked, lastCall]) if (engine.probe(webhookId, callId, nowMs)) return
    // If nothing is owed, nothing can be tried: it is due again once something is held.
    breakers.putOff(webhookId, asked.length > 0 || inMemory.length > 0 ? nowMs + PROBE_AGAIN_MS : Infinity)
  }

  #forReplays(nowMs: number) {
    const { engine, configuration, breakers } = this.#parts
    return {
      gate: (webhookId: string): 'go' | 'waits' | 'over' => {
        switch (configuration.standing(webhookId).status) {
          case 'disabled':
          case 'deleted':
            return 'over'
          case 'paused':
            return 'go'
          case 'active':
            // By hand, deliveries go although the breaker is tripped: each would use up its one attempt.
            return breakers.isTripped(webhookId) ? 'waits' : 'go'
        }
      },
      reopen: (callId: string, webhookId: string, seqs: readonly number[]) =>
        engine.reopen(callId, webhookId, seqs, Infinity, nowMs),
      isOut: (seq: number, webhookId: string) => engine.isOut(seq, webhookId, nowMs),
    }
  }

  #forget(nowMs: number): void {
    const { engine, retention, replays, stats, settings, log } = this.#parts
    const beforeSeq = retention.goesBefore(nowMs)
    if (beforeSeq !== null) {
      // Of a call in memory that is over, and one that owes: what is carried is decided by rows.
      for (const living of engine.calls.restingBefore(beforeSeq)) engine.calls.rest(living, nowMs)
      engine.calls.keepSpanning(beforeSeq)
      engine.keepOwed(beforeSeq, nowMs)
    }
    const { dropped } = retention.step(engine.calls.inMemory, nowMs)
    replays.prune(nowMs - settings.retentionMs)
    if (dropped === null) return
    stats.forget(nowMs)
    // Other shards of the account keep what is not past the retention.
    this.forgetVersionsBefore = Math.min(log.oldestMs() ?? nowMs, nowMs - settings.retentionMs)
  }

  /** Lets calls go that have been at rest for long, and moves the mark behind which a restart need not read. */
  #rest(nowMs: number): void {
    this.#restMs = nowMs + REST_EVERY_MS
    const { engine, journal } = this.#parts
    for (const living of engine.calls.resting(nowMs)) engine.calls.rest(living, nowMs)
    if (nowMs < this.#markMs) return
    this.#markMs = nowMs + MARK_EVERY_MS
    const { mark } = engine.calls
    if (mark > this.#markedSeq) journal.saveMark(mark)
    this.#markedSeq = mark
  }
}
