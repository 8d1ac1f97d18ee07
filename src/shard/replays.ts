/**
 * Replays: deliveries of a webhook that have ended, made again. What a replay is of is written down before it is
 * answered for, by call and in the order of the call, which may differ from the order of arrival. Then portion after
 * portion is opened again, one replay of a webhook after the other. A portion is crossed out in the transaction that
 * opens it, so a crash repeats none.
 */
import type {
  NamedReplay,
  Reopened,
  Replay,
  ReplayFilter,
  ReplayQuery,
  StartedReplay,
} from '../contracts/shard.ts'
import type { Days } from './days.ts'
import type { Log } from './log.ts'
import { ReplayRows, type Progress } from './replay-rows.ts'

/** What replays ask of their shard. */
export interface ReplayShard {
  /** `waits`: the webhook's breaker is open, and a delivery by hand would use up its one attempt. `over`: disabled, deleted. */
  gate(webhookId: string): 'go' | 'waits' | 'over'
  /**
   * Opens deliveries of a call again that have ended, in this order; `later` for those that the lane has no room for.
   * What it does is written by the transaction that is under way.
   */
  reopen(callId: string, webhookId: string, seqs: readonly number[]): Reopened[]
  /** Whether the delivery is open and under way. One that is held is not: it rests, and may for long. */
  isOut(seq: number, webhookId: string): boolean
}

/**
 * How many deliveries of replays may be open and not made yet, in equal shares for the webhooks that have one going: one
 * request may start a replay of each webhook there is, and all that goes out at once takes the shard's thread and its
 * connections. A receiver that is slow or limited is then sent to as it takes them, and no more than its share goes out
 * to a receiver that is down by the time that its breaker opens.
 */
const MOST_OUT = 200
/** A replay keeps a row for each delivery until it is opened; this bounds what one who asks again and again costs. */
const MOST_RUNNING = 10
/** How often a replay is looked at: while it goes on, and while an open breaker has it wait (ms). */
const EVERY_MS = 500
const WAITS_MS = 60_000

export class Replays {
  readonly #rows: ReplayRows
  /** When to look next (ms since epoch); null if none is running. */
  #dueMs: number | null

  constructor(sql: SqlStorage, days: Days, log: Log) {
    this.#rows = new ReplayRows(sql, days, log)
    this.#dueMs = this.#rows.running().length > 0 ? 0 : null
  }

  /** When there is something to do (ms since epoch); null if nothing is. */
  dueMs(): number | null {
    return this.#dueMs
  }

  /** Remembers what is in memory; what is returned puts it back, for a transaction that is rolled back. */
  checkpoint(): () => void {
    const dueMs = this.#dueMs
    return () => {
      this.#dueMs = dueMs
    }
  }

  /** How many logged deliveries a replay would be of. */
  count(webhookId: string, filter: ReplayFilter): number {
    return this.counts([webhookId], filter)[0] ?? 0
  }

  /** The same of each of several webhooks, in their order. */
  counts(webhookIds: readonly string[], filter: ReplayFilter): number[] {
    const counts = this.#rows.counts(webhookIds, filter)
    return webhookIds.map((webhookId) => counts.get(webhookId) ?? 0)
  }

  /**
   * Takes a replay, in a transaction; null if too many of the webhook are under way. One that is there already, by its
   * id, is answered as it is.
   */
  start(id: string, webhookId: string, filter: ReplayFilter, nowMs: number): Replay | null {
    const named = { id, webhook_id: webhookId }
    const known = this.#known(named)
    if (known === 'busy') return null
    return known ?? this.#take([named], filter, [this.count(webhookId, filter)], nowMs)[0] ?? null
  }

  /** Takes replays of several webhooks, as `start` does each, but none that is of nothing. In a transaction. */
  startAll(replays: readonly NamedReplay[], filter: ReplayFilter, nowMs: number): StartedReplay[] {
    const counts = this.counts(
      replays.map(({ webhook_id }) => webhook_id),
      filter,
    )
    const answers = replays.map((replay, index) => {
      const isNothing = counts[index] === 0 && this.get(replay.webhook_id, replay.id) === null
      return isNothing ? 'nothing' : this.#known(replay)
    })
    const isNew = (_: unknown, index: number): boolean => answers[index] === null
    const taken = this.#take(replays.filter(isNew), filter, counts.filter(isNew), nowMs)
    const byId = new Map(taken.map((replay) => [replay.id, replay]))
    return replays.map(({ id }, index) => answers[index] ?? byId.get(id) ?? 'nothing')
  }

  /** A replay that is there already; `busy` if there may not be another of the webhook; null if it may be taken. */
  #known({ id, webhook_id }: NamedReplay): Replay | 'busy' | null {
    const isBusy = (): boolean => this.#rows.running(webhook_id).length >= MOST_RUNNING
    return this.get(webhook_id, id) ?? (isBusy() ? 'busy' : null)
  }

  /** @param counts how many deliveries each is of */
  #take(
    replays: readonly NamedReplay[],
    filter: ReplayFilter,
    counts: readonly number[],
    nowMs: number,
  ): Replay[] {
    this.#rows.take(replays, filter)
    return replays.map(({ id, webhook_id }, index) => {
      const count = counts[index] ?? 0
      const completed_at = count === 0 ? nowMs : null
      const replay = {
        id,
        webhook_id,
        ...filter,
        count,
        replayed: 0,
        skipped: 0,
        created_at: nowMs,
        completed_at,
      }
      this.#rows.save({ ...replay, call: '', out: [] })
      if (count > 0) this.#dueMs = nowMs
      return replay
    })
  }

  get(webhookId: string, id: string): Replay | null {
    const progress = this.#rows.get(webhookId, id)
    return progress === null ? null : told(progress)
  }

  /** Newest first. */
  list(query: ReplayQuery): Replay[] {
    return this.#rows.list(query).map(told)
  }

  /** Forgets a replay that was only just taken: another shard could not take its part. In a transaction. */
  drop(webhookId: string, id: string): void {
    this.#rows.drop(webhookId, id)
  }

  /** The webhook takes nothing any more: ends what is under way. In a transaction. */
  end(webhookId: string, nowMs: number): void {
    for (const progress of this.#rows.running(webhookId)) this.#end(progress, nowMs)
  }

  /** Forgets replays that were done before `beforeMs`. */
  prune(beforeMs: number): void {
    this.#rows.prune(beforeMs)
  }

  /** A breaker has closed, or a delivery by hand has ended: what is under way need not wait for its time. */
  hurry(nowMs: number): void {
    if (this.#dueMs !== null) this.#dueMs = Math.min(this.#dueMs, nowMs)
  }

  /**
   * Goes on with the oldest replay of each webhook, as far as there is room. In a transaction; returns how many
   * deliveries were opened.
   */
  step(shard: ReplayShard, nowMs: number): number {
    let opened = 0
    const due: number[] = []
    const ofWebhook = Map.groupBy(this.#rows.running(), ({ webhook_id }) => webhook_id)
    const gates = new Map([...ofWebhook.keys()].map((webhookId) => [webhookId, shard.gate(webhookId)]))
    const going = [...gates.values()].filter((gate) => gate === 'go').length
    const most = Math.max(1, Math.floor(MOST_OUT / going))
    for (const [webhookId, [oldest, ...others]] of ofWebhook) {
      const gate = gates.get(webhookId)
      if (oldest === undefined || gate === undefined) continue
      switch (gate) {
        case 'over':
          for (const progress of [oldest, ...others]) this.#end(progress, nowMs)
          break
        case 'waits':
          due.push(nowMs + WAITS_MS)
          break
        case 'go': {
          const { replayed, completed_at } = this.#portion(oldest, most, shard, nowMs)
          opened += replayed - oldest.replayed
          if (completed_at === null || others.length > 0) due.push(nowMs + EVERY_MS)
        }
      }
    }
    this.#dueMs = due.length === 0 ? null : Math.min(...due)
    return opened
  }

  /** @param mostOut how many of the webhook's deliveries may be open and not made yet */
  #portion(progress: Progress, mostOut: number, shard: ReplayShard, nowMs: number): Progress {
    const { id, webhook_id } = progress
    const out = progress.out.filter((seq) => shard.isOut(seq, webhook_id))
    // Its share may have been larger before.
    const room = Math.max(0, mostOut - out.length)
    const calls = this.#rows.nextCalls(progress, room)
    let { replayed, skipped, call } = progress
    for (const callId of calls) {
      const most = Math.min(Math.ceil(room / calls.length), mostOut - out.length)
      if (most === 0) break
      const { taken, gone } = this.#reopen(progress, callId, most, shard)
      this.#rows.crossOut(id, callId, [...taken, ...gone])
      out.push(...taken)
      replayed += taken.length
      skipped += gone.length
      call = callId
    }
    const completed_at = out.length === 0 && this.#rows.isDone(id) ? nowMs : null
    const next = { ...progress, replayed, skipped, call, out, completed_at }
    this.#rows.save(next)
    return next
  }

  /** Has a call make what the replay has of it: as many as `most`, the first of the call first. */
  #reopen(
    { id, webhook_id, statuses }: Progress,
    callId: string,
    most: number,
    shard: ReplayShard,
  ): { taken: number[]; gone: number[] } {
    const seqs = this.#rows.nextOf(id, callId, most)
    const logged = this.#rows.statuses(webhook_id, seqs)
    // Past its retention, or made since the replay was asked for. What is open says so itself.
    const isGone = (seq: number): boolean => {
      const status = logged.get(seq)
      if (status === undefined) return true
      return status !== 'pending' && status !== 'held' && !statuses.includes(status)
    }
    const taken: number[] = []
    const gone = seqs.filter(isGone)
    const wanted = seqs.filter((seq) => !isGone(seq))
    const answers = wanted.length === 0 ? [] : shard.reopen(callId, webhook_id, wanted)
    wanted.forEach((seq, index) => {
      switch (answers[index]) {
        case 'accepted':
        // Somebody else has asked for it, and it is under way.
        case 'not_ended':
          taken.push(seq)
          break
        case 'unknown':
          gone.push(seq)
          break
        // Of a disabled webhook: the gate says at the next look that this is over.
        case 'disabled':
        case 'later':
        case undefined:
          break
      }
    })
    return { taken, gone }
  }

  #end(progress: Progress, nowMs: number): void {
    const skipped = progress.skipped + this.#rows.left(progress.id)
    this.#rows.clear(progress.id)
    this.#rows.save({ ...progress, skipped, out: [], completed_at: nowMs })
  }
}

/** What others are told of a replay. */
function told({ call: _call, out: _out, ...replay }: Progress): Replay {
  return replay
}
