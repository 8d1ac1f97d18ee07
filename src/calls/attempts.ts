import type { AttemptOutcome } from '../delivery/attempt.ts'
import { makeAttempt, type Job } from '../delivery/job.ts'
import { goesOut } from '../delivery/pace.ts'
import type { Env } from '../contracts/env.ts'
import { report } from '../lib/failure.ts'
import type { Start } from './call.ts'

/** What the attempts of a call lead to, for its object to decide on and store. */
interface Told {
  reported: (job: Job, outcome: AttemptOutcome) => void
  /** A first attempt has been out for so long that the log is to list its delivery. */
  stillOut: (job: Job) => void
  /** The queue did not take these. */
  notQueued: (starts: readonly Start[]) => void
}

/** Attempts that a call makes itself at a time. An object has six outgoing connections. */
export const INLINE_SLOTS = 4
/** What the platform takes of messages in one send. */
const MESSAGES_AT_ONCE = 100
/** A delivery is in the log by then (ms), counted from its first attempt, answered or not. */
const LISTED_AFTER_MS = 1_000

/** Carries out the attempts that a call has claimed: makes them here, or puts them on the queue. */
export class Attempts {
  readonly #ctx: DurableObjectState
  readonly #env: Env
  readonly #told: Told
  #out = 0

  constructor(ctx: DurableObjectState, env: Env, told: Told) {
    this.#ctx = ctx
    this.#env = env
    this.#told = told
  }

  /** How many attempts the call has out by itself. */
  get out(): number {
    return this.#out
  }

  /** @param jobOf what an attempt needs; only for those that are made here */
  begin(
    call: { account_id: string; call_id: string },
    starts: readonly Start[],
    jobOf: (start: Start) => Job,
  ): void {
    const queued = starts.filter((start) => start.via === 'queue')
    for (const start of starts) {
      if (start.via !== 'queue') this.#ctx.waitUntil(this.#make(jobOf(start)))
    }
    if (queued.length > 0) this.#ctx.waitUntil(this.#enqueue(call, queued))
  }

  async #enqueue(call: { account_id: string; call_id: string }, starts: readonly Start[]): Promise<void> {
    for (let first = 0; first < starts.length; first += MESSAGES_AT_ONCE) {
      const some = starts.slice(first, first + MESSAGES_AT_ONCE)
      const messages = some.map(({ webhook_id, token }) => ({ body: { ...call, webhook_id, token } }))
      try {
        await this.#env.DELIVERIES.sendBatch(messages)
      } catch (error) {
        report('deliveries queue', error)
        this.#told.notQueued(some)
      }
    }
  }

  async #make(job: Job): Promise<void> {
    const claimedMs = Date.now()
    this.#out += 1
    const isBack = goesOut(job.webhook_id, claimedMs)
    const answered = new AbortController()
    if (job.attempt === 1) this.#ctx.waitUntil(this.#listUnlessAnswered(job, answered.signal))
    let outcome: AttemptOutcome
    try {
      // The claim, and whatever else is being written, has to be on disk before the request goes out. Left to the
      // output gate, that wait would come after the attempt's last look at the webhook's state.
      outcome = await makeAttempt(this.#env, job, claimedMs, async () => this.#ctx.storage.sync())
    } catch (error) {
      // A fault of our own, before anything was sent: it does not count as an attempt.
      report('inline attempt', error)
      outcome = { kind: 'withdrawn', why: 'stale' }
    }
    // Free before the report, which may start the next.
    this.#out -= 1
    isBack()
    answered.abort()
    this.#told.reported(job, outcome)
  }

  /** Lists a delivery in the log while its first attempt is still out. A fast answer is listed with its outcome. */
  async #listUnlessAnswered(job: Job, answered: AbortSignal): Promise<void> {
    try {
      await scheduler.wait(LISTED_AFTER_MS, { signal: answered })
    } catch {
      return // It was answered.
    }
    this.#told.stillOut(job)
  }
}
