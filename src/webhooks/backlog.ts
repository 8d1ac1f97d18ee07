import { callObject } from '../calls/call-key.ts'
import type { Env } from '../env.ts'
import type { Log } from './log.ts'
import type { Owner } from './news.ts'

/** Calls woken at a time. */
const WAKES_AT_ONCE = 5
/**
 * Calls that have been woken and not been heard of. Where objects share a thread, as on one machine, each that is on
 * its way is one that everybody else's event waits for; more of them deliver no more a second. And thousands that go on
 * together wait for D1 until what they read is too old to start on, and read again: then nothing goes at all.
 */
const MOST_AWAKE = 20
/** A call that is not heard of for so long (ms) has a slow receiver, and has nobody wait for it: so 100 a second go at least. */
const AWAKE_MS = 200
const LOOK_EVERY_MS = 5
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
   * @returns false where some could not be woken: try again
   */
  async drain(owner: Owner, gate: () => Promise<Gate>): Promise<boolean> {
    if (this.#draining) return true
    this.#draining = true
    try {
      for (let owed = this.owed; owed !== null; owed = this.owed) {
        const end = await this.#wakeAll(owner, gate)
        if (end === 'unsettled') return true
        if (end === 'failed') return false
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

  /** Waits until fewer calls are on their way than may be. */
  async #room(): Promise<void> {
    for (;;) {
      const nowMs = Date.now()
      for (const [callId, wokenMs] of this.#awake) if (nowMs - wokenMs > AWAKE_MS) this.#awake.delete(callId)
      if (this.#awake.size <= MOST_AWAKE - WAKES_AT_ONCE) return
      await scheduler.wait(LOOK_EVERY_MS)
    }
  }

  async #wakeAll(owner: Owner, gate: () => Promise<Gate>): Promise<'done' | 'failed' | 'unsettled'> {
    let failed = false
    let after = ''
    for (;;) {
      const calls = this.#log.waiting(WAKES_AT_ONCE, after)
      const last = calls.at(-1)
      if (last === undefined) return failed ? 'failed' : 'done'
      switch (await gate()) {
        case 'open':
          break
        case 'held':
          // What ends the hold owes its own drain.
          return 'done'
        case 'unsettled':
          return 'unsettled'
      }
      await this.#room()
      const wokenMs = Date.now()
      for (const { call_id } of calls) this.#awake.set(call_id, wokenMs)
      const woken = await Promise.allSettled(
        calls.map(async ({ call_id, generation }) => {
          await callObject(this.#env, owner.account_id, call_id).wake(owner.webhook_id)
          this.#log.release(call_id, generation)
        }),
      )
      // One that cannot be woken now holds back no other; it is tried again after them.
      failed ||= woken.some((each) => each.status === 'rejected')
      after = last.call_id
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
