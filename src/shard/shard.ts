import { DurableObject } from 'cloudflare:workers'
import type { AccountState } from '../contracts/configuration.ts'
import type { CallPage, CallQuery } from '../contracts/calls.ts'
import type { AttemptEntry, LogPage, LogQuery } from '../contracts/deliveries.ts'
import type { Env } from '../contracts/env.ts'
import type { Accepted, IncomingEvent } from '../contracts/events.ts'
import type { AttemptReport, DeliveryMessage, Job } from '../contracts/jobs.ts'
import type {
  AcceptAnswer,
  BegunTest,
  DeliveryDetail,
  NamedReplay,
  Reopened,
  Replay,
  ReplayFilter,
  ReplayQuery,
  ShardApi,
  ShardUsage,
  StartedReplay,
  Timeline,
  TimelineQuery,
} from '../contracts/shard.ts'
import type { ShardStats, StatsQuery } from '../contracts/stats.ts'
import type { WebhookHealth } from '../contracts/webhook.ts'
import { EVENT_AT, meter } from '../metrics/meter.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { placeOfDelivery } from '../lib/id.ts'
import { shardOfCall } from '../order/placement.ts'
import type { Claimed } from './engine.ts'
import { Work } from './work.ts'

/** Attempts that one request takes along: an invocation has six connections. */
const MOST_HANDED = 6

/**
 * The Durable Object of a share of one account's calls. A thin shell: what is asked of it becomes a change in the next
 * group, the engine decides what that is, and `Work` keeps all of it going.
 */
export class ShardObject extends DurableObject<Env> implements ShardApi {
  readonly #work: Work

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#work = new Work(ctx, env)
  }

  async accept(
    accountId: string,
    shard: number,
    events: IncomingEvent[],
    makes: boolean,
  ): Promise<AcceptAnswer> {
    const work = this.#work
    const { configuration } = work
    if (!configuration.isKnown && !(await work.readConfiguration(accountId, shard)))
      return { kind: 'unavailable' }
    if (!configuration.isKnown || !configuration.exists) return { kind: 'no_account' }
    const { shards } = configuration
    if (shards > 1 && events.some(({ call_id }) => shardOfCall(call_id, shards) !== configuration.shard)) {
      return { kind: 'moved', shards }
    }
    const handed: Claimed[] = []
    let free = makes ? MOST_HANDED : 0
    // Each event is a change by itself: one that cannot be stored spoils no other.
    const accepted = await Promise.all(
      events.map(async (event): Promise<Accepted> => {
        try {
          const taken = await work.commit((engine, nowMs) => {
            const each = engine.accept(event, free, nowMs)
            free -= each.handed.length
            return each
          })
          handed.push(...taken.handed)
          return taken.accepted
        } catch (error) {
          reportFailure('accept', error)
          return { kind: 'unavailable' }
        }
      }),
    )
    for (const answer of accepted) meter.events.add(EVENT_AT[outcomeOf(answer)])
    return { kind: 'taken', accepted, jobs: work.hand(handed) }
  }

  async begin(message: DeliveryMessage): Promise<Job | null> {
    const claimed = await this.#work.commit((engine, nowMs) => engine.begin(message, nowMs))
    return claimed === null ? null : (this.#work.hand([claimed])[0] ?? null)
  }

  async report(reports: AttemptReport[], makes: boolean): Promise<Job[]> {
    const work = this.#work
    for (const { call_id, webhook_id, token } of reports) {
      work.elsewhere.back({ callId: call_id, webhookId: webhook_id, token })
    }
    const taken = (report: AttemptReport) =>
      work.commit((engine, nowMs) => engine.report(report, makes ? 1 : 0, nowMs))
    const handed = await Promise.all(
      // Once more without the receiver's answer, in case that it is that which no row takes.
      reports.map(async (report) => taken(report).catch(async () => taken(withoutAnswer(report)))),
    )
    return work.hand(handed.flat())
  }

  async undeliverable({ call_id, webhook_id, token }: DeliveryMessage): Promise<void> {
    const claim = { callId: call_id, webhookId: webhook_id, token }
    await this.#work.commit((engine, nowMs) => engine.unqueue(claim, true, nowMs))
  }

  async announce(accountId: string, shard: number, version: number): Promise<void> {
    await this.#work.announce(accountId, shard, version)
  }

  async configure(state: AccountState, shard: number): Promise<void> {
    await this.#work.configure(state, shard)
  }

  async health(): Promise<Record<string, WebhookHealth>> {
    return this.#work.breakers.unhealthy
  }

  async usage(): Promise<ShardUsage> {
    return this.#work.usage.read()
  }

  async stats(query: StatsQuery): Promise<ShardStats[]> {
    const { stats, waiting } = this.#work
    const nowMs = Date.now()
    return (query.webhook_ids ?? [null]).map((id) => ({
      ...waiting.of(id),
      tallies: stats.read(id, query, nowMs),
    }))
  }

  async deliveries(query: LogQuery): Promise<LogPage> {
    return this.#work.log.page(query, query.call_id === undefined ? null : this.#work.seqsOf(query.call_id))
  }

  async calls(query: CallQuery): Promise<CallPage> {
    return this.#work.calls.page(query)
  }

  async delivery(id: string): Promise<DeliveryDetail | null> {
    const place = placeOfDelivery(id)
    return place === null ? null : this.#work.detail(place.seq, place.webhookId)
  }

  async timeline(callId: string, query: TimelineQuery): Promise<Timeline> {
    return this.#work.timelines.page(callId, query)
  }

  async retry(deliveryId: string): Promise<Reopened> {
    const place = placeOfDelivery(deliveryId)
    const event = place === null ? undefined : this.#work.journal.events([place.seq])[0]
    if (place === null || event === undefined) return 'unknown'
    const { webhookId, seq } = place
    switch (this.#work.configuration.standing(webhookId).status) {
      case 'disabled':
      case 'deleted':
        return 'disabled'
      case 'active':
      case 'paused':
        break
    }
    const [answer] = await this.#work.commit((engine, nowMs) =>
      engine.reopen(event.call_id, webhookId, [seq], 1, nowMs),
    )
    return answer ?? 'unknown'
  }

  async beginTest(
    accountId: string,
    shard: number,
    webhookId: string,
    event: IncomingEvent,
  ): Promise<BegunTest | null> {
    const { configuration, tests } = this.#work
    if (!configuration.isKnown) await this.#work.readConfiguration(accountId, shard)
    if (!configuration.isKnown || !configuration.exists) return null
    return this.#work.commit((_engine, nowMs) => tests.begin(webhookId, configuration.shard, event, nowMs))
  }

  async endTest(id: string, attempt: AttemptEntry): Promise<void> {
    await this.#work.commit((_engine, nowMs) => this.#work.tests.end(id, attempt, nowMs))
  }

  async startReplay(id: string, webhookId: string, filter: ReplayFilter): Promise<Replay | null> {
    return this.#work.commit((_engine, nowMs) => this.#work.replays.start(id, webhookId, filter, nowMs))
  }

  async countReplays(webhookIds: string[], filter: ReplayFilter): Promise<number[]> {
    return this.#work.replays.counts(webhookIds, filter)
  }

  async startReplays(replays: NamedReplay[], filter: ReplayFilter): Promise<StartedReplay[]> {
    return this.#work.commit((_engine, nowMs) => this.#work.replays.startAll(replays, filter, nowMs))
  }

  async dropReplay(webhookId: string, id: string): Promise<void> {
    await this.#work.commit(() => this.#work.replays.drop(webhookId, id))
  }

  async replay(webhookId: string, id: string): Promise<Replay | null> {
    return this.#work.replays.get(webhookId, id)
  }

  async replays(query: ReplayQuery): Promise<Replay[]> {
    return this.#work.replays.list(query)
  }

  override async alarm(): Promise<void> {
    await this.#work.alarm()
  }
}

function outcomeOf(answer: Accepted): keyof typeof EVENT_AT {
  return answer.kind === 'accepted' && answer.duplicate ? 'duplicate' : answer.kind
}

function withoutAnswer({ result, ...claim }: AttemptReport): AttemptReport {
  return { ...claim, result: result === null ? null : { ...result, response_body: null } }
}
