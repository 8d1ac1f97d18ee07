import type { AttemptReport, DeliveryMessage, Job } from '../../src/contracts/jobs.ts'
import { START_MS, type Claimed } from '../../src/shard/engine.ts'
import type { World } from './shard-world.ts'

/** A maker with an attempt that it was handed. Times are ms since epoch. */
interface Maker {
  readonly job: Job
  readonly askedMs: number
  readonly beginsMs: number
}

/** Whoever makes attempts outside of the shard: invocations that brought events, and consumers of the queue. */
export class Makers {
  readonly #world: World
  #makers: Maker[] = []
  /** The messages on the queue, and whether it takes more. */
  messages: DeliveryMessage[] = []
  takesMessages = true
  /** A maker does not hear that its report was taken, and tells it once more after so long (ms). */
  repeatsMs: number | null = null
  /** How long a maker takes to begin (ms). */
  delayMs = 0

  constructor(world: World) {
    this.#world = world
  }

  die(): void {
    this.#makers = []
  }

  /** @throws Error if the queue takes nothing */
  queue(claims: readonly Claimed[], account_id: string): void {
    if (!this.takesMessages) throw new Error('the queue takes nothing')
    for (const { callId, webhookId, token } of claims) {
      this.messages.push({ account_id, shard: 0, call_id: callId, webhook_id: webhookId, token })
    }
  }

  consume(message: DeliveryMessage): void {
    const { shard, nowMs: askedMs } = this.#world
    shard
      .commit((engine, nowMs) => engine.begin(message, nowMs))
      .then(
        (claimed) => this.make(claimed === null ? [] : shard.hand([claimed]), askedMs),
        () => void this.messages.push(message),
      )
      // A former life may not use the storage any more: whoever asked it hears of an error.
      .catch(() => undefined)
  }

  giveUp({ call_id, webhook_id, token }: DeliveryMessage): void {
    const claim = { callId: call_id, webhookId: webhook_id, token }
    this.#world.shard.commit((engine, nowMs) => engine.unqueue(claim, true, nowMs)).catch(() => undefined)
  }

  /** Has attempts made that were handed out. @param askedMs when their maker asked the shard (ms since epoch) */
  make(jobs: readonly Job[], askedMs: number): void {
    const beginsMs = this.#world.nowMs + this.delayMs
    for (const job of jobs) this.#makers.push({ job, askedMs, beginsMs })
  }

  /** When the next maker begins (ms since epoch). */
  get nextMs(): number {
    return Math.min(Infinity, ...this.#makers.map(({ beginsMs }) => beginsMs))
  }

  /** Begins the attempts whose makers are ready; false if none is. */
  begin(): boolean {
    const { nowMs } = this.#world
    const due = this.#makers.filter(({ beginsMs }) => beginsMs <= nowMs)
    this.#makers = this.#makers.filter(({ beginsMs }) => beginsMs > nowMs)
    for (const each of due) this.#begin(each)
    return due.length > 0
  }

  #begin({ job, askedMs }: Maker): void {
    const { event, webhook, token, attempt, via } = job
    const claim = { call_id: event.call_id, webhook_id: webhook.id, seq: event.seq, token, attempt, via }
    // By its own clock it is too late.
    if (this.#world.nowMs - askedMs > START_MS) return this.#report({ ...claim, result: null })
    const { call_id: callId, seq, rank } = event
    const manual = via === 'manual'
    const made = { callId, webhookId: webhook.id, seq, rank: rank ?? 0, attempt, manual, probe: false }
    void this.#world.request(made, null).then((result) => {
      this.#report({ ...claim, result })
      if (this.repeatsMs !== null) setTimeout(() => this.#report({ ...claim, result }), this.repeatsMs)
    })
  }

  #report(report: AttemptReport): void {
    const { shard, nowMs: askedMs } = this.#world
    const claim = { callId: report.call_id, webhookId: report.webhook_id, token: report.token }
    shard
      .commit((engine, nowMs) => engine.report(report, 1, nowMs))
      .then(
        (handed) => {
          shard.elsewhere.back(claim)
          this.make(shard.hand(handed), askedMs)
        },
        () => undefined,
      )
      .catch(() => undefined)
  }
}
