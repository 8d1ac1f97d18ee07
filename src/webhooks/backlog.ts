import { callObject } from '../calls/call-key.ts'
import type { Env } from '../contracts/env.ts'
import { report } from '../lib/failure.ts'
import type { Log, Waiting } from './log.ts'
import type { Owner } from './news.ts'
import { paced, SLOWEST } from './drain-pace.ts'

/** Calls read from storage at a time. */
const PORTION = 20
/**
 * Calls that have been woken and not been heard of: thousands that go on together would wait for D1 until what they
 * read is too old to start on, and read again, and nothing would go at all.
 */
const MOST_AWAKE = 50
/** A call that is not heard of for so long (ms) has a slow receiver, and has nobody wait for it. */
const AWAKE_MS = 200
/** Calls woken in one run, which may make 10,000 requests (Workers limits, "Subrequests"); the alarm starts the next. */
const MOST_IN_A_RUN = 5_000
/** How many calls are asked for a probe before it is put off. */
const PROBES_ASKED = 5

/** May the calls that wait be woken: `held`, something holds them; `unsettled`, a change is under way. */
export type Gate = 'open' | 'held' | 'unsettled'

/**
 * The calls that wait for a webhook: held by its state, or in a backoff that the end of an outage cuts short. That
 * they are to be woken is written down, and each stays until it has been.
 */
export class Backlog {
  readonly #kv: SyncKvStorage
  readonly #log: Log
  readonly #env: Env
  #draining = false
  /** When the calls were woken that have not been heard of since. */
  readonly #awake = new Map<string, number>()
  #pace = SLOWEST

  constructor(kv: SyncKvStorage, log: Log, env: Env) {
    this.#kv = kv
    this.#log = log
    this.#env = env
  }

  /** The calls that wait are to be woken. Nothing but the end of a hold says so: a backoff is to be sat out. */
  owe(): void {
    this.#kv.put('drain', (this.owed ?? 0) + 1)
  }

  /** A number that rises with each time that a drain is owed; null where none is. */
  get owed(): number | null {
    return this.#kv.get<number>('drain') ?? null
  }

  get isEmpty(): boolean {
    return this.#log.waiting(1, '').length === 0
  }

  /**
   * Wakes the calls that wait, where that is owed.
   * @param gate asked before each portion; where it is `unsettled`, whoever makes the change drains after it
   * @returns false where some are left: try again
   */
  async drain(owner: Owner, gate: () => Promise<Gate>): Promise<boolean> {
    if (this.#draining) return true
    this.#draining = true
    try {
      for (let owed = this.owed; owed !== null; owed = this.owed) {
        const end = await this.#wakeAll(owner, gate)
        if (end === 'unsettled') return true
        if (end === 'unfinished') return false
        // Owed anew while it ran: some may have come to wait behind it.
        if (this.owed === owed) this.#kv.delete('drain')
      }
      return true
    } finally {
      this.#draining = false
    }
  }

  /** A call has reported: if it was woken, another may be. */
  heardOf(callId: string): void {
    this.#awake.delete(callId)
  }

  /** Waits for the next call's turn. */
  async #turn(): Promise<void> {
    do {
      const askedMs = Date.now()
      const { gapMs } = this.#pace
      await scheduler.wait(gapMs)
      const nowMs = Date.now()
      this.#pace = paced(this.#pace, nowMs - askedMs - gapMs)
      for (const [callId, wokenMs] of this.#awake) if (nowMs - wokenMs > AWAKE_MS) this.#awake.delete(callId)
    } while (this.#awake.size >= MOST_AWAKE)
  }

  async #wakeAll(owner: Owner, gate: () => Promise<Gate>): Promise<'done' | 'unfinished' | 'unsettled'> {
    let failed = false
    let after = ''
    for (let asked = 0; asked < MOST_IN_A_RUN; asked += PORTION) {
      const calls = this.#log.waiting(PORTION, after)
      const last = calls.at(-1)
      if (last === undefined) return failed ? 'unfinished' : 'done'
      switch (await gate()) {
        case 'open':
          break
        case 'held':
          // What ends the hold owes its own drain.
          return 'done'
        case 'unsettled':
          return 'unsettled'
      }
      const wakes: Promise<boolean>[] = []
      for (const call of calls) {
        await this.#turn()
        this.#awake.set(call.call_id, Date.now())
        wakes.push(this.#wake(owner, call))
      }
      // One that cannot be woken now holds back no other; it is tried again after them.
      failed ||= (await Promise.all(wakes)).includes(false)
      after = last.call_id
    }
    return 'unfinished'
  }

  /** @returns false where it could not be woken */
  async #wake(owner: Owner, { call_id, generation }: Waiting): Promise<boolean> {
    try {
      const answer = await callObject(this.#env, owner.account_id, call_id).wake(owner.webhook_id)
      // What was woken stays until it reports that it waits no more, which is a row written in any case.
      if (answer === 'nothing') this.#log.release(call_id, generation)
      return true
    } catch (error) {
      report('wake', error)
      return false
    }
  }

  /**
   * Has one call send a delivery as a probe: the first that can, of some after the last that did.
   * @param going told of each call before it is asked; false where none is to be asked any more
   * @returns `none` where no call waits at all
   */
  async probe(
    owner: Owner,
    lastCall: string,
    going: (callId: string) => Promise<boolean>,
  ): Promise<'sent' | 'busy' | 'none'> {
    const next = this.#log.waiting(PROBES_ASKED, lastCall)
    const calls = next.length > 0 ? next : this.#log.waiting(PROBES_ASKED, '')
    for (const { call_id, generation } of calls) {
      if (!(await going(call_id))) return 'busy'
      const answer = await callObject(this.#env, owner.account_id, call_id).probe(owner.webhook_id)
      if (answer === 'sent') return 'sent'
      if (answer === 'nothing') this.#log.release(call_id, generation)
    }
    return calls.length > 0 ? 'busy' : 'none'
  }
}
