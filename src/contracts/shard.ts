import type { AccountState } from './configuration.ts'
import type { CallPage, CallQuery } from './calls.ts'
import type { AttemptEntry, EndedStatus, LoggedDelivery, LogPage, LogQuery } from './deliveries.ts'
import type { Accepted, IncomingEvent, StoredEvent } from './events.ts'
import type { AttemptReport, DeliveryMessage, Job } from './jobs.ts'
import type { ShardStats, StatsQuery } from './stats.ts'
import type { WebhookHealth } from './webhook.ts'

/** An answer to events. `no_account`: there is no such account, and nothing was stored. */
export type AcceptAnswer =
  | { kind: 'taken'; accepted: Accepted[]; jobs: Job[] }
  | { kind: 'no_account' }
  /** A call of these is another shard's: the account has so many by now. Nothing was stored. */
  | { kind: 'moved'; shards: number }
  /** The shard has never known its account's configuration, and D1 cannot be asked. */
  | { kind: 'unavailable' }

/** An event with what is known of its deliveries; its variables as they came in (`NO_VARIABLES` once they are gone). */
export interface TimelineEvent {
  event: StoredEvent
  /** Another event of the call had its `sequence` before. */
  reusesSequence: boolean
  variables: string
  deliveries: LoggedDelivery[]
}

/** Which part of a call's timeline: at most `limit` events, after those that parts before it had. */
export interface TimelineQuery {
  /** The highest rank that was released then; 0 to begin with. */
  from: number
  /** The highest position of those that waited for a gap then, if a part had any: they may have been released since. */
  waiting?: number
  limit: number
  /** With what the receivers answered. */
  withAnswers: boolean
}

/** When a delivery of a webhook's lane ended, and was held (ms since epoch); null if it has not, or still is. */
export interface LaneEnd {
  webhook_id: string
  ended_at: number | null
  holds: { from: number; until: number | null }[]
}

/** A part of a call's timeline, in order. `next` is `from` of the part that follows; null at the end. */
export interface Timeline {
  events: TimelineEvent[]
  /** Of each webhook, in order, when the last delivery of the call before these ended, and those that ended holds of these. */
  before: LaneEnd[]
  next: number | null
  /** `waiting` of the part that follows. */
  waiting?: number
}

/** Which deliveries are to be made again. Times bound the event's arrival (ms since epoch); `until` is not included. */
export interface ReplayFilter {
  since: number
  until: number
  statuses: EndedStatus[]
}

export interface Replay extends ReplayFilter {
  id: string
  webhook_id: string
  /** How many deliveries it is of. */
  count: number
  /** Those that were opened again so far, and those that could not be, or had been made by then. */
  replayed: number
  skipped: number
  created_at: number
  completed_at: number | null
}

export interface ReplayQuery {
  webhookId?: string | undefined
  /** Only those that are listed after this id. */
  after?: string | undefined
  limit: number
}

/** Whose replay, under which id. */
export interface NamedReplay {
  id: string
  webhook_id: string
}

/** `nothing`: there is no delivery that it would be of. `busy`: too many of the webhook are under way. */
export type StartedReplay = Replay | 'nothing' | 'busy'

/** `not_ended`: it is being made already. `later`: so much was asked for that it has to be asked for again. */
export type Reopened = 'accepted' | 'not_ended' | 'unknown' | 'disabled' | 'later'

/** A delivery of the log with the event that it is of, as that came in: what its past request is rendered from. */
export interface DeliveryDetail {
  delivery: LoggedDelivery
  event: StoredEvent
  variables: string
  last: AttemptEntry | null
}

/** A test that is on record: its maker sends it now, and says what it led to. */
export interface BegunTest {
  delivery_id: string
  event: StoredEvent
}

/** What a shard can store (bytes): so much, and no more, is in one object. */
export const SHARD_BYTES = 10e9

/** How full a shard is, and what waits in it. Times are ms since epoch. */
export interface ShardUsage {
  bytes: number
  /** When the oldest event came, but for what is kept beyond its day since it is still owed; null if there is none. */
  oldest_event_at: number | null
  /** The deliveries that wait or are under way. */
  waiting: number
  /** The deliveries that are held; of many no more than `HELD_COUNTED`. */
  held: number
  /** When the event came whose delivery has waited longest, for whatever reason; null if none waits. */
  oldest_waiting_at: number | null
}

/** What the Worker and the queue's consumer ask of a shard. */
export interface ShardApi extends Rpc.DurableObjectBranded {
  /**
   * Takes events into their calls, in this order. When it has returned they are durable, and what follows from them
   * goes on by itself.
   * @param makes the caller makes attempts: `jobs` are its to make
   */
  accept(accountId: string, shard: number, events: IncomingEvent[], makes: boolean): Promise<AcceptAnswer>

  /** A maker is about to make a queued attempt: what it is to make, or null if it is to drop the message. */
  begin(message: DeliveryMessage): Promise<Job | null>
  /** Takes what attempts led to; answers with the attempts that the maker is to make next, if it `makes` any. */
  report(reports: AttemptReport[], makes: boolean): Promise<Job[]>
  /** The queue gave up a message. If its claim still stands, the log says so and the attempt is made another way. */
  undeliverable(message: DeliveryMessage): Promise<void>

  /**
   * A change of the account's configuration is coming: if it is not handed over soon, the shard asks D1 for it.
   * @param version the one that the change is to follow on: only a later one shows that this change was made, or
   * cannot be any more. The shard's own may be older, if the change before is still on its way to it.
   */
  announce(accountId: string, shard: number, version: number): Promise<void>
  /** Hands over the account's configuration. When it has returned, no attempt starts that it forbids. */
  configure(state: AccountState, shard: number): Promise<void>
  /** The health of each webhook that is not healthy. */
  health(): Promise<Record<string, WebhookHealth>>
  usage(): Promise<ShardUsage>

  /** What was counted of each webhook that is asked for, in that order; or one answer, of all of them together. */
  stats(query: StatsQuery): Promise<ShardStats[]>
  deliveries(query: LogQuery): Promise<LogPage>
  calls(query: CallQuery): Promise<CallPage>
  delivery(id: string): Promise<DeliveryDetail | null>
  /** The call's events with their deliveries, as many of those that are asked for as one answer takes. */
  timeline(callId: string, query: TimelineQuery): Promise<Timeline>
  /** Makes a delivery that has ended once more. */
  retry(deliveryId: string): Promise<Reopened>

  /**
   * Puts a test on record, for its caller to send now: it is in no lane, and comes to the log alone. Null if there is no
   * such account, or it cannot be known.
   */
  beginTest(
    accountId: string,
    shard: number,
    webhookId: string,
    event: IncomingEvent,
  ): Promise<BegunTest | null>
  /** Says what a test led to. */
  endTest(deliveryId: string, attempt: AttemptEntry): Promise<void>

  /** How many deliveries a replay of each of these webhooks would be of, in their order. */
  countReplays(webhookIds: string[], filter: ReplayFilter): Promise<number[]>
  /**
   * Takes the shard's part of a replay, which is then done by and by; null if too many are under way.
   * @param id of the replay, the same in each shard of the account; asked for again, it is not taken twice
   */
  startReplay(id: string, webhookId: string, filter: ReplayFilter): Promise<Replay | null>
  /** Takes the shard's part of replays of several webhooks, each as `startReplay` does, in one transaction. */
  startReplays(replays: NamedReplay[], filter: ReplayFilter): Promise<StartedReplay[]>
  /** Forgets its part of a replay that another shard of the account could not take. */
  dropReplay(webhookId: string, id: string): Promise<void>
  replay(webhookId: string, id: string): Promise<Replay | null>
  /** Its parts of replays, newest first, as many as `limit`. */
  replays(query: ReplayQuery): Promise<Replay[]>
}
