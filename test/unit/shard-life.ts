import type { AccountState } from '../../src/contracts/configuration.ts'
import type { AttemptResult } from '../../src/contracts/jobs.ts'
import type { Settings } from '../../src/lib/settings.ts'
import type { ToDisable } from '../../src/shard/breakers.ts'
import { Core } from '../../src/shard/core.ts'
import type { Claimed, Engine } from '../../src/shard/engine.ts'
import type { DisableAnswer } from '../../src/store/changes.ts'
import type { Storage } from './sql-storage.ts'

/** What a life of a shard has around it. */
export interface Outside {
  /** A request goes out. */
  begins(claimed: Claimed, life: Life): Promise<AttemptResult>
  isSlow(webhookId: string): boolean
  /** @throws Error if the queue does not take them */
  queued(claims: readonly Claimed[]): void
  /** @throws Error if D1 cannot be asked */
  account(): AccountState
  /** Disables a webhook in D1; false if its status is not what it was. */
  disables(webhookId: string): DisableAnswer
  /** How long it takes to open what a webhook has sealed (ms). */
  openMs: number
}

/** A shard's object, from its start to its end. */
export class Life extends Core {
  readonly storage: Storage
  readonly #outside: Outside
  readonly #opened = new Set<string>()
  /** `stale`: it has a successor, or could have one, and does not know. `gone`: nothing of it goes on. */
  state: 'alive' | 'stale' | 'gone' = 'alive'
  readonly startedMs = Date.now()
  /** Its alarm has gone off, and is not over as far as the platform knows; how often its handler runs. */
  isInAlarm = false
  alarms = 0
  /** How many attempts it has been told the time of. */
  attemptsHeard = 0

  constructor(storage: Storage, settings: Settings, outside: Outside) {
    let alarmMs: number | null = null
    const alarm = {
      setBy: (atMs: number) => {
        if (alarmMs !== null && alarmMs <= atMs) return
        storage.setAlarm(atMs)
        alarmMs = atMs
      },
      gone: () => {
        alarmMs = null
      },
    }
    alarmMs = storage.alarmMs
    super({ storage, alarm }, settings)
    this.storage = storage
    this.#outside = outside
  }

  override commit<T>(change: (engine: Engine, nowMs: number) => T): Promise<T> {
    return this.state === 'gone' ? new Promise(() => undefined) : super.commit(change)
  }

  protected override isSlow(webhookId: string): boolean {
    return this.#outside.isSlow(webhookId)
  }

  protected override startAttempt(claimed: Claimed): Promise<AttemptResult> | null {
    if (this.state === 'gone') return new Promise(() => undefined)
    const version = this.configuration.webhook(claimed.webhookId)?.version ?? 0
    if (this.#outside.openMs > 0 && !this.#opened.has(`${claimed.webhookId} ${version}`)) return null
    return this.#outside.begins(claimed, this)
  }

  protected override async openWebhook(webhookId: string): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, this.#outside.openMs))
    this.#opened.add(`${webhookId} ${this.configuration.webhook(webhookId)?.version ?? 0}`)
  }

  protected override tookMs(): void {
    // Receivers are as slow as the test says.
    this.attemptsHeard += 1
  }

  protected override async send(queued: readonly Claimed[]): Promise<void> {
    if (this.state === 'gone') return
    try {
      this.#outside.queued(queued)
    } catch {
      this.background('unqueue', (engine, nowMs) => {
        for (const claimed of queued) engine.unqueue(claimed, false, nowMs)
      })
    }
  }

  protected override async readAccount(): Promise<AccountState> {
    return this.#outside.account()
  }

  protected override async disable({ webhookId }: ToDisable): Promise<DisableAnswer> {
    const answer = this.#outside.disables(webhookId)
    if (answer === 'made') await this.configure(this.#outside.account(), 0)
    return answer
  }

  protected override async forgetVersions(): Promise<void> {
    // D1 keeps them.
  }
}
