import { expect } from 'vitest'
import type { AccountState, WebhookRow } from '../../src/contracts/configuration.ts'
import type { Accepted, IncomingEvent } from '../../src/contracts/events.ts'
import type { AttemptResult } from '../../src/contracts/jobs.ts'
import type { ReplayFilter } from '../../src/contracts/shard.ts'
import type { Settings } from '../../src/lib/settings.ts'
import type { Claimed } from '../../src/shard/engine.ts'
import type { DisableAnswer } from '../../src/store/changes.ts'
import { Life, type Outside } from './shard-life.ts'
import { Makers } from './shard-makers.ts'
import { Receivers, SCHEDULE_MS, TIMEOUT_MS, type Attempt } from './shard-receivers.ts'
import { Watch } from './shard-watch.ts'
import { promisesKept, seedRandom, SimClock } from './sim-clock.ts'
import { Disk } from './sql-storage.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const ACCOUNT = 'acc_1'
/** What an invocation that brought events takes along. */
const MOST_HANDED = 6

export interface Posted {
  readonly event: IncomingEvent & { id: string }
  isAcknowledged: boolean
}

/**
 * All that surrounds a shard: whoever posts events and changes webhooks, receivers, makers outside, the queue, the disk
 * and D1; and the platform, which starts the shard's object, ends it, and wakes it by its alarm. `Watch` keeps what was
 * promised and what was seen.
 */
export class World implements Outside {
  readonly clock = new SimClock(Date.UTC(2026, 0, 5, 12))
  readonly disk = new Disk()
  readonly settings: Settings
  readonly receivers: Receivers
  readonly makers = new Makers(this)
  readonly watch = new Watch(this)
  life: Life | null = null
  /** Former lives that go on for a while, and until when (ms since epoch). */
  #stale: { life: Life; untilMs: number }[] = []
  d1: AccountState
  isD1Down = false
  posted: Posted[] = []
  openMs = 0
  /** How long a sync takes, and when the one that is on its way is done (ms since epoch). */
  syncMs = 0
  #syncAtMs: number | null = null
  /** The changes of a webhook's ordering: how many, and when the last was (ms since epoch). */
  readonly eras = new Map<string, { count: number; sinceMs: number }>()
  readonly #restore: () => void

  /** Takes the place of the real world until it is closed. @param seed what all that is random in it follows from */
  constructor(attemptsBy: 'object' | 'invocation', webhooks: WebhookRow[], seed: number) {
    this.settings = {
      adminKey: '',
      encryptionKeys: [''],
      allowPrivateTargets: true,
      retryScheduleMs: SCHEDULE_MS,
      deliveryTimeoutMs: TIMEOUT_MS,
      reorderWindowMs: 2_000,
      sourceTimeZone: 'UTC',
      retentionMs: DAY_MS,
      auditMs: 400 * 24 * 3600 * 1000,
      attemptsBy,
      region: undefined,
      portalOrigins: [],
      testReceiver: false,
    }
    this.d1 = {
      account_id: ACCOUNT,
      version: 1,
      exists: true,
      webhooks_enabled: true,
      country: 'IN',
      shards: 1,
      webhooks,
    }
    this.receivers = new Receivers(webhooks.map(({ id }) => id))
    const { error } = console
    const restoreRandom = seedRandom(seed)
    this.clock.install()
    console.error = () => undefined
    this.#restore = () => {
      this.clock.uninstall()
      restoreRandom()
      console.error = error
    }
  }

  close(): void {
    this.#restore()
    if (this.life !== null) this.life.state = 'gone'
    for (const { life } of this.#stale) life.state = 'gone'
    this.disk.close()
  }

  get nowMs(): number {
    return this.clock.nowMs
  }

  webhook(id: string): WebhookRow | undefined {
    return this.d1.webhooks.find((each) => each.id === id)
  }

  /** The object, started if it does not run. */
  get shard(): Life {
    if (this.life !== null) return this.life
    // To start takes time.
    this.clock.nowMs += 1
    this.life = this.disk.unfailing(() => new Life(this.disk.attach(), this.settings, this))
    this.disk.sync()
    return this.life
  }

  // What a shard asks of the outside.

  begins({ callId, webhookId, event, open }: Claimed, life: Life): Promise<AttemptResult> {
    const { seq, rank } = event
    const probe = open.stand.kind === 'flight' && open.stand.probe
    const { attempts: attempt, manual } = open
    return this.request({ callId, webhookId, seq, rank: rank ?? 0, attempt, manual, probe }, life)
  }

  request(attempt: Attempt, life: Life | null): Promise<AttemptResult> {
    return this.receivers.request(attempt, this.nowMs, (request) => this.watch.begins(request, life))
  }

  isSlow(webhookId: string): boolean {
    return this.receivers.byWebhook.get(webhookId)?.isSlow ?? false
  }

  queued(claims: readonly Claimed[]): void {
    this.makers.queue(claims, ACCOUNT)
  }

  account(): AccountState {
    if (this.isD1Down) throw new Error('D1 is down')
    return this.d1
  }

  disables(webhookId: string): DisableAnswer {
    if (this.isD1Down) throw new Error('D1 is down')
    const status = this.webhook(webhookId)?.status
    if (status !== 'active') return status === 'disabled' ? 'was_made' : 'not_made'
    this.change(webhookId, (row) => ({ ...row, status: 'disabled', discards: row.discards + 1 }))
    return 'made'
  }

  // What others ask of the shard, as `ShardObject` passes it on.

  post(events: readonly Posted[]): void {
    const { shard, nowMs: askedMs } = this
    const { faults } = this.disk
    const handed: Claimed[] = []
    let free = this.settings.attemptsBy === 'invocation' ? MOST_HANDED : 0
    const all = events.map(async (posted): Promise<Accepted> => {
      const failedBefore = faults.failed
      try {
        const taken = await shard.commit((engine, nowMs) => {
          const each = engine.accept(posted.event, free, nowMs)
          free -= each.handed.length
          return each
        })
        handed.push(...taken.handed)
        posted.isAcknowledged = true
        this.watch.accepted(posted, taken.accepted)
        return taken.accepted
      } catch {
        if (shard === this.life) this.watch.refused(posted, shard, faults.failed > failedBefore)
        return { kind: 'unavailable' }
      }
    })
    Promise.all(all)
      .then(() => this.makers.make(shard.hand(handed), askedMs))
      // A former life may not use the storage any more: whoever asked it hears of an error.
      .catch(() => undefined)
  }

  retry(callId: string, webhookId: string, seq: number): void {
    this.shard
      .commit((engine, nowMs) => engine.reopen(callId, webhookId, [seq], 1, nowMs))
      .catch(() => undefined)
  }

  replay(id: string, webhookId: string, filter: ReplayFilter): void {
    const { shard } = this
    shard.commit((_engine, nowMs) => shard.replays.start(id, webhookId, filter, nowMs)).catch(() => undefined)
  }

  /** A change of the account's configuration in its three steps. `isCut`: nobody hands it over. */
  configure(change: () => void, isCut: boolean): void {
    const { shard } = this
    const run = async (): Promise<void> => {
      await shard.announce(ACCOUNT, 0, this.d1.version)
      change()
      this.watch.changes()
      if (isCut) return
      const { d1 } = this
      await shard.configure(d1, 0)
      this.watch.configured(d1, shard)
    }
    run().catch(() => undefined)
  }

  change(webhookId: string, to: (row: WebhookRow) => WebhookRow | null): void {
    const webhooks = this.d1.webhooks.flatMap((row) => {
      const next = row.id === webhookId ? to(row) : row
      if (next !== null && next.ordering !== row.ordering) {
        const { count } = this.eras.get(webhookId) ?? { count: 0 }
        this.eras.set(webhookId, { count: count + 1, sinceMs: this.nowMs })
      }
      return next === null ? [] : [next]
    })
    this.d1 = { ...this.d1, version: this.d1.version + 1, webhooks }
  }

  // The platform.

  /**
   * The object dies. `kept`: what it has written since the last sync has reached the disk all the same. `told`: it
   * hears of that, and goes on with it for a while, not knowing that it is not the shard any more.
   */
  async crash(how: { kept: boolean; told: boolean; staleMs: number }): Promise<void> {
    const { life } = this
    if (life === null) return
    if (how.kept) this.disk.sync()
    else this.disk.lose()
    this.disk.detach()
    this.life = null
    life.state = 'stale'
    this.#stale.push({ life, untilMs: this.nowMs + how.staleMs })
    this.#syncAtMs = null
    if (life.isInAlarm) this.disk.repeatAlarm(this.nowMs)
    if (how.kept && how.told) life.storage.synced()
    await promisesKept()
  }

  /** Time passes, and all that happens by the clock happens. */
  async elapse(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await this.pump()
    for (let round = 0; ; round += 1) {
      expect(round, 'a shard is not busy with nothing').toBeLessThan(3_000 + ms / 10_000)
      const nextMs = this.#nextMs()
      if (nextMs > untilMs) break
      this.clock.nowMs = Math.max(this.nowMs, nextMs)
      await this.pump()
    }
    this.clock.nowMs = Math.max(this.nowMs, untilMs)
    await this.pump()
  }

  /** Whatever can happen at this moment happens. */
  async pump(): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      expect(turn, 'a shard does not go round in circles').toBeLessThan(2_000)
      await promisesKept()
      for (const { life, untilMs } of this.#stale) if (untilMs <= this.nowMs) life.state = 'gone'
      this.#stale = this.#stale.filter(({ life }) => life.state !== 'gone')
      if (this.#syncs() || this.clock.fire() || this.receivers.answer(this.nowMs)) continue
      if (this.makers.begin() || this.#alarms()) continue
      break
    }
    this.watch.look()
  }

  /**
   * Everything is well again, and time passes until nothing is owed any more. The shard is evicted again and again, so
   * that nothing but its alarm wakes it.
   */
  async settle(): Promise<void> {
    Object.assign(this, { isD1Down: false, syncMs: 0, openMs: 0 })
    Object.assign(this.makers, { delayMs: 0, takesMessages: true })
    Object.assign(this.disk.faults, { isFull: false, failIn: null })
    await this.elapse(100)
    this.receivers.setAll({ answer: 'ok', latencyMs: 5, isSlow: false })
    for (const { id } of this.d1.webhooks) {
      const enable = (row: WebhookRow): WebhookRow =>
        row.status === 'paused' ? { ...row, status: 'active' } : row
      this.configure(() => this.change(id, enable), false)
      await this.elapse(1_000)
    }
    for (let round = 0; round < 40; round += 1) {
      if (round % 3 === 1) await this.crash({ kept: true, told: false, staleMs: 0 })
      for (const message of this.makers.messages.splice(0)) {
        this.makers.consume(message)
        await this.pump()
      }
      await this.elapse(60_000)
      if (this.disk.alarmMs === null || this.disk.alarmMs > this.nowMs + 3_600_000) break
    }
  }

  /** When something happens next by itself (ms since epoch). */
  #nextMs(): number {
    const alarmMs = this.life?.isInAlarm === true ? null : this.disk.alarmMs
    const times = [this.clock.nextMs, this.#syncAtMs, alarmMs].map((ms) => ms ?? Infinity)
    for (const { untilMs } of this.#stale) times.push(untilMs)
    return Math.min(this.receivers.nextMs, this.makers.nextMs, ...times)
  }

  #syncs(): boolean {
    const { life, disk } = this
    if (life === null) return false
    if (!disk.hasUnsynced) life.isInAlarm = life.alarms > 0
    if (!life.storage.isSyncing) {
      // What is written beside the groups is synced by the platform.
      if (disk.hasUnsynced) disk.sync()
      return false
    }
    this.#syncAtMs ??= this.nowMs + this.syncMs
    if (this.#syncAtMs > this.nowMs) return false
    this.#syncAtMs = null
    disk.sync()
    life.storage.synced()
    return true
  }

  #alarms(): boolean {
    const { alarmMs } = this.disk
    if (alarmMs === null || alarmMs > this.nowMs || this.life?.isInAlarm === true) return false
    this.disk.takeAlarm()
    const { shard } = this
    // Until all that it has written is on disk.
    shard.isInAlarm = true
    shard.alarms += 1
    const isOver = (): void => {
      shard.alarms -= 1
    }
    shard.alarm().then(isOver, isOver)
    return true
  }
}
