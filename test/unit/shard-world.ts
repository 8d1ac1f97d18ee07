import { expect } from 'vitest'
import type { AccountState, WebhookRow } from '../../src/contracts/configuration.ts'
import type { Accepted, IncomingEvent } from '../../src/contracts/events.ts'
import type { AttemptReport, AttemptResult, DeliveryMessage, Job } from '../../src/contracts/jobs.ts'
import type { ReplayFilter } from '../../src/contracts/shard.ts'
import type { Settings } from '../../src/lib/settings.ts'
import { START_MS, type Claimed } from '../../src/shard/engine.ts'
import { Life, type Outside } from './shard-life.ts'
import { Watch } from './shard-watch.ts'
import { promisesKept, SimClock } from './sim-clock.ts'
import { Disk } from './sql-storage.ts'

/*
 * All that surrounds a shard: whoever posts events and changes webhooks, receivers, makers outside, the queue, the disk
 * and D1; and the platform, which starts the shard's object, ends it, and wakes it by its alarm. `Watch` keeps what was
 * promised and what was seen.
 */

export const TIMEOUT_MS = 4_000
export const SCHEDULE_MS = [0, 1_000, 4_000]
export const MARKER = 'poison'
const DAY_MS = 24 * 60 * 60 * 1000
const ACCOUNT = 'acc_1'

/** How a receiver answers. `toxic`: with a body that no row takes. */
export type Answer = 'ok' | 'fails' | 'busy' | 'limited' | 'gone' | 'hangs' | 'toxic'

export interface Receiver {
  answer: Answer
  latencyMs: number
  /** The relay knows it as slow. */
  isSlow: boolean
}

/** A request, as its receiver sees it. */
export interface Request {
  readonly callId: string
  readonly webhookId: string
  readonly seq: number
  readonly rank: number
  readonly attempt: number
  readonly manual: boolean
  readonly probe: boolean
  readonly startedMs: number
  readonly endsMs: number
  readonly answer: Answer
  readonly tell: (result: AttemptResult) => void
}

/** A maker outside of the shard with an attempt that it was handed. */
interface Maker {
  readonly job: Job
  readonly askedMs: number
  readonly beginsMs: number
}

export interface Posted {
  readonly event: IncomingEvent & { id: string }
  isAcknowledged: boolean
}

export class World implements Outside {
  readonly clock = new SimClock(Date.UTC(2026, 0, 5, 12))
  readonly disk = new Disk()
  readonly settings: Settings
  readonly watch = new Watch(this)
  life: Life | null = null
  /** Former lives that go on for a while, and until when. */
  stale: { life: Life; untilMs: number }[] = []
  d1: AccountState
  isD1Down = false
  readonly receivers = new Map<string, Receiver>()
  requests: Request[] = []
  posted: Posted[] = []
  messages: DeliveryMessage[] = []
  takesMessages = true
  makers: Maker[] = []
  makerMs = 0
  openMs = 0
  syncMs = 0
  #syncAtMs: number | null = null
  steps = 0
  /** The time between two changes of a webhook's ordering. */
  readonly eras = new Map<string, number>()

  /** What has happened, to be read if something goes wrong. */
  readonly told: string[] = []
  readonly #random: { getRandomValues: typeof crypto.getRandomValues }

  /** @param seed what all that is random in the shard follows from */
  constructor(attemptsBy: 'object' | 'invocation', webhooks: WebhookRow[], seed: number) {
    this.#random = { getRandomValues: numbersFrom(seed) }
    this.settings = {
      adminKey: '',
      encryptionKeys: [''],
      allowPrivateTargets: true,
      retryScheduleMs: SCHEDULE_MS,
      deliveryTimeoutMs: TIMEOUT_MS,
      reorderWindowMs: 2_000,
      sourceTimeZone: 'UTC',
      retentionMs: DAY_MS,
      attemptsBy,
      region: undefined,
    }
    this.d1 = { account_id: ACCOUNT, version: 1, exists: true, webhooks_enabled: true, shards: 1, webhooks }
    for (const { id } of webhooks) this.receivers.set(id, { answer: 'ok', latencyMs: 0, isSlow: false })
  }

  /** Puts the world in the place of the real one. */
  open(): void {
    this.clock.install()
    Object.defineProperty(crypto, 'getRandomValues', {
      value: this.#random.getRandomValues,
      configurable: true,
    })
    console.error = () => undefined
  }

  close(): void {
    this.clock.uninstall()
    Reflect.deleteProperty(crypto, 'getRandomValues')
    console.error = REAL_ERROR
    if (this.life !== null) this.life.state = 'gone'
    for (const { life } of this.stale) life.state = 'gone'
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
    return this.start()
  }

  start(): Life {
    if (this.life !== null) return this.life
    // To start takes time.
    this.clock.nowMs += 1
    // Its tables are there but for the first time: that writes nothing.
    const { marker, ...others } = this.disk.faults
    Object.assign(this.disk.faults, { isFull: false, failIn: null })
    this.life = new Life(this.disk.attach(), this.settings, this)
    Object.assign(this.disk.faults, others)
    this.disk.sync()
    return this.life
  }

  // What a shard asks of the outside.

  begins({ callId, webhookId, event, open }: Claimed, life: Life): Promise<AttemptResult> {
    return this.#request(callId, webhookId, event, open.attempts, {
      manual: open.manual,
      probe: open.stand.kind === 'flight' && open.stand.probe,
      life,
    })
  }

  isSlow(webhookId: string): boolean {
    return this.receivers.get(webhookId)?.isSlow ?? false
  }

  queued(claims: readonly Claimed[]): void {
    if (!this.takesMessages) throw new Error('the queue takes nothing')
    for (const { callId, webhookId, token } of claims) {
      this.messages.push({ account_id: ACCOUNT, shard: 0, call_id: callId, webhook_id: webhookId, token })
    }
  }

  account(): AccountState {
    if (this.isD1Down) throw new Error('D1 is down')
    return this.d1
  }

  disables(webhookId: string): boolean {
    if (this.isD1Down) throw new Error('D1 is down')
    if (this.webhook(webhookId)?.status !== 'active') return false
    this.change(webhookId, (row) => ({ ...row, status: 'disabled', discards: row.discards + 1 }))
    return true
  }

  // What others ask of the shard, as `ShardObject` passes it on.

  post(events: readonly Posted[]): void {
    const { shard } = this
    const makes = this.settings.attemptsBy === 'invocation'
    const askedMs = this.nowMs
    const handed: Claimed[] = []
    let free = makes ? 6 : 0
    const all = events.map(async (posted): Promise<Accepted> => {
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
        this.watch.refused(posted, shard)
        return { kind: 'unavailable' }
      }
    })
    void Promise.all(all).then(() => this.#make(shard.hand(handed), askedMs))
  }

  consume(message: DeliveryMessage): void {
    const { shard } = this
    const askedMs = this.nowMs
    shard
      .commit((engine, nowMs) => engine.begin(message, nowMs))
      .then(
        (claimed) => this.#make(claimed === null ? [] : shard.hand([claimed]), askedMs),
        () => this.messages.push(message),
      )
  }

  giveUp({ call_id, webhook_id, token }: DeliveryMessage): void {
    const claim = { callId: call_id, webhookId: webhook_id, token }
    this.shard.commit((engine, nowMs) => engine.unqueue(claim, true, nowMs)).catch(() => undefined)
  }

  retry(callId: string, webhookId: string, seq: number): void {
    const { shard } = this
    shard.commit((engine, nowMs) => engine.reopen(callId, webhookId, [seq], 1, nowMs)).catch(() => undefined)
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
      if (row.id !== webhookId) return [row]
      const next = to(row)
      if (next !== null && next.ordering !== row.ordering) {
        this.eras.set(webhookId, (this.eras.get(webhookId) ?? 0) + 1)
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
    this.stale.push({ life, untilMs: this.nowMs + how.staleMs })
    this.#syncAtMs = null
    if (life.isInAlarm) this.disk.repeatAlarm(this.nowMs)
    if (how.kept && how.told) {
      life.storage.synced()
    }
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
    this.clock.nowMs = untilMs
    await this.pump()
  }

  /** Whatever can happen at this moment happens. */
  async pump(): Promise<void> {
    for (let turn = 0; ; turn += 1) {
      expect(turn, 'a shard does not go round in circles').toBeLessThan(2_000)
      await promisesKept()
      for (const each of this.stale) if (each.untilMs <= this.nowMs) each.life.state = 'gone'
      this.stale = this.stale.filter(({ life }) => life.state !== 'gone')
      if (this.#syncs() || this.clock.fire() || this.#answers() || this.#makersBegin()) continue
      if (this.#alarms()) continue
      break
    }
    this.watch.look()
  }

  /** When something happens next by itself (ms since epoch). */
  #nextMs(): number {
    const alarmMs = this.life?.isInAlarm === true ? null : this.disk.alarmMs
    const times = [this.clock.nextMs, this.#syncAtMs, alarmMs].map((ms) => ms ?? Infinity)
    for (const { endsMs } of this.requests) times.push(endsMs)
    for (const { beginsMs } of this.makers) times.push(beginsMs)
    for (const { untilMs } of this.stale) times.push(untilMs)
    return Math.min(...times)
  }

  /**
   * Everything is well again, and time passes until nothing is owed any more. The shard is evicted again and again, so
   * that nothing but its alarm wakes it.
   */
  async settle(): Promise<void> {
    this.told.push('settle')
    Object.assign(this, { isD1Down: false, syncMs: 0, openMs: 0, makerMs: 0, takesMessages: true })
    Object.assign(this.disk.faults, { isFull: false, failIn: null })
    await this.elapse(100)
    for (const id of this.receivers.keys())
      this.receivers.set(id, { answer: 'ok', latencyMs: 5, isSlow: false })
    for (const { id } of this.d1.webhooks) {
      this.configure(
        () => this.change(id, (row) => (row.status === 'paused' ? { ...row, status: 'active' } : row)),
        false,
      )
      await this.elapse(1_000)
    }
    for (let round = 0; round < 40; round += 1) {
      if (round % 3 === 1) await this.crash({ kept: true, told: false, staleMs: 0 })
      while (this.messages.length > 0) {
        const message = this.messages.pop()
        if (message !== undefined) this.consume(message)
        await this.pump()
      }
      await this.elapse(60_000)
      if (this.disk.alarmMs === null || this.disk.alarmMs > this.nowMs + 3_600_000) break
    }
  }

  #syncs(): boolean {
    const { life } = this
    // What is written beside the groups is synced by the platform.
    if (!this.disk.hasUnsynced && life !== null) life.isInAlarm = life.alarmsRunning > 0
    if (life === null) return false
    if (!life.storage.isSyncing) {
      if (this.disk.hasUnsynced) this.disk.sync()
      return false
    }
    this.#syncAtMs ??= this.nowMs + this.syncMs
    if (this.#syncAtMs > this.nowMs) return false
    this.#syncAtMs = null
    this.disk.sync()
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
    shard.alarmsRunning += 1
    void shard.alarm().then(() => {
      shard.alarmsRunning -= 1
    })
    return true
  }

  #answers(): boolean {
    const due = this.requests.filter(({ endsMs }) => endsMs <= this.nowMs)
    if (due.length === 0) return false
    this.requests = this.requests.filter(({ endsMs }) => endsMs > this.nowMs)
    for (const request of due) {
      request.tell(resultOf(request, this.nowMs))
    }
    return true
  }

  #makersBegin(): boolean {
    const due = this.makers.filter(({ beginsMs }) => beginsMs <= this.nowMs)
    this.makers = this.makers.filter(({ beginsMs }) => beginsMs > this.nowMs)
    for (const { job, askedMs } of due) {
      const report: Omit<AttemptReport, 'result'> = {
        call_id: job.event.call_id,
        webhook_id: job.webhook.id,
        seq: job.event.seq,
        token: job.token,
        attempt: job.attempt,
        via: job.via,
      }
      if (this.nowMs - askedMs > START_MS) {
        this.#report({ ...report, result: null })
        continue
      }
      const how = { manual: job.via === 'manual', probe: false, life: null }
      void this.#request(report.call_id, report.webhook_id, job.event, job.attempt, how).then((result) =>
        this.#report({ ...report, result }),
      )
    }
    return due.length > 0
  }

  #report(report: AttemptReport): void {
    const { shard } = this
    const askedMs = this.nowMs
    const claim = { callId: report.call_id, webhookId: report.webhook_id, token: report.token }
    shard
      .commit((engine, nowMs) => engine.report(report, 1, nowMs))
      .then(
        (handed) => {
          shard.elsewhere.back(claim)
          this.#make(shard.hand(handed), askedMs)
        },
        () => undefined,
      )
  }

  #make(jobs: readonly Job[], askedMs: number): void {
    for (const job of jobs) this.makers.push({ job, askedMs, beginsMs: this.nowMs + this.makerMs })
  }

  #request(
    callId: string,
    webhookId: string,
    { seq, rank }: { seq: number; rank: number | null },
    attempt: number,
    { manual, probe, life }: { manual: boolean; probe: boolean; life: Life | null },
  ): Promise<AttemptResult> {
    const { answer, latencyMs } = this.receivers.get(webhookId) ?? { answer: 'ok', latencyMs: 0 }
    const tookMs = answer === 'hangs' ? TIMEOUT_MS : Math.min(latencyMs, TIMEOUT_MS)
    return new Promise((tell) => {
      const request: Request = {
        ...{ callId, webhookId, seq, attempt, manual, probe, answer, tell },
        rank: rank ?? 0,
        startedMs: this.nowMs,
        endsMs: this.nowMs + tookMs,
      }
      this.watch.begins(request, life)
      this.requests.push(request)
    })
  }
}

const REAL_ERROR = console.error

/** Random numbers that follow from a seed (mulberry32), in the place of the machine's. */
function numbersFrom(seed: number): typeof crypto.getRandomValues {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return (array) => {
    if (array instanceof Uint32Array) array.forEach((_, index) => (array[index] = next()))
    return array
  }
}

const STATUS: Record<Answer, number | null> = {
  hangs: null,
  ok: 200,
  toxic: 200,
  fails: 500,
  busy: 503,
  limited: 429,
  gone: 410,
}

function resultOf({ answer, startedMs, endsMs }: Request, nowMs: number): AttemptResult {
  const isTimeout = answer === 'hangs' || endsMs - startedMs >= TIMEOUT_MS
  const status_code = isTimeout ? null : STATUS[answer]
  const result = {
    started_at: startedMs,
    duration_ms: nowMs - startedMs,
    status_code,
    error: status_code === null ? ('timeout' as const) : status_code === 200 ? null : ('status' as const),
    response_body: answer === 'toxic' ? MARKER : '',
    version: 1,
    retry_after_ms: answer === 'busy' || answer === 'limited' ? 3_000 : null,
    receiver_ms: nowMs - startedMs,
  }
  return result
}
