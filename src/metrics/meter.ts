/**
 * Figures of the isolate that this runs in, for `GET /metrics` and for Analytics Engine. On one machine the Worker and all
 * shards are one isolate, so this module is the whole relay; deployed, each isolate has its own.
 *
 * They are plain numbers, found by their place: to count costs an addition, and no object.
 */

import { ERROR_AT, OUTCOME_AT } from '../contracts/stats.ts'

/** Counts by the value of a label, or one count without a label. Never of an account, webhook, call or number. */
export class Counter {
  readonly counts: number[]
  readonly name: string
  readonly help: string
  readonly label: string | null
  readonly values: readonly string[]

  constructor(name: string, help: string, label: string | null = null, values: readonly string[] = ['']) {
    this.name = name
    this.help = help
    this.label = label
    this.values = values
    this.counts = values.map(() => 0)
  }

  /** @param place of the label's value among `values` */
  add(place = 0, count = 1): void {
    this.counts[place] = (this.counts[place] ?? 0) + count
  }
}

export class Histogram {
  /** How many were in each bucket alone; the last has those beyond all bounds. */
  readonly counts: number[]
  sum = 0
  readonly name: string
  readonly help: string
  /** Each is the highest value of its bucket; rising. */
  readonly bounds: readonly number[]

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name
    this.help = help
    this.bounds = bounds
    this.counts = [...bounds, Infinity].map(() => 0)
  }

  observe(value: number): void {
    let place = 0
    while (value > (this.bounds[place] ?? Infinity)) place += 1
    this.counts[place] = (this.counts[place] ?? 0) + 1
    this.sum += value
  }
}

/** What a shard says of itself every now and then, while it is awake. */
export interface ShardGauges {
  /** Deliveries that are held; no more are counted than `HELD_COUNTED`. */
  readonly held: number
  /** Deliveries that wait or are under way, by the minute (since epoch) in which their events came. */
  readonly waiting: ReadonlyMap<number, number>
  readonly failing: number
  readonly open: number
}

/** How old at least is what came in a minute (s). */
export function ageS(minute: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - (minute + 1) * 60_000) / 1000))
}

/** What shards have said last, by their names. One that has nothing to say is not here. */
export const shardGauges = new Map<string, ShardGauges>()

const EVENT_OUTCOMES = ['accepted', 'duplicate', 'conflict', 'unavailable'] as const
export const EVENT_AT = { accepted: 0, duplicate: 1, conflict: 2, unavailable: 3 } as const
const CHANGE_OUTCOMES = ['made', 'conflict', 'unavailable'] as const
export const CHANGE_AT = { made: 0, conflict: 1, unavailable: 2 } as const

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const LONG_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600, 43_200]
const SIZES = [1, 2, 4, 8, 16, 32, 64]

/** Each has the places that `contracts/stats.ts` gives it. */
const ENDED = Object.keys(OUTCOME_AT)
const RESULTS = ['succeeded', ...Object.keys(ERROR_AT)]

export const meter = {
  events: new Counter(
    'relay_events_total',
    'Events that came, by what became of them',
    'outcome',
    EVENT_OUTCOMES,
  ),
  deliveries: new Counter('relay_deliveries_total', 'Deliveries that ended, by how', 'status', ENDED),
  attempts: new Counter('relay_attempts_total', 'Attempts, by error class', 'result', RESULTS),
  retries: new Counter('relay_retries_total', 'Attempts that were not the first of their delivery'),
  changes: new Counter(
    'relay_d1_changes_total',
    'Changes of configuration in D1, by what became of them',
    'outcome',
    CHANGE_OUTCOMES,
  ),
  ack: new Histogram('relay_ack_seconds', 'From a request with events to its 202', SECONDS),
  receiver: new Histogram('relay_receiver_seconds', 'What receivers took for an attempt', SECONDS),
  delivery: new Histogram(
    'relay_delivery_seconds',
    'From an event to the end of its delivery, if that succeeded or failed',
    LONG_SECONDS,
  ),
  groupSize: new Histogram('relay_group_changes', 'Changes in a group commit', SIZES),
  groupTime: new Histogram('relay_group_seconds', 'From the first row of a group to its sync', SECONDS),
  queueAge: new Histogram(
    'relay_queue_age_seconds',
    'How old a message of the deliveries queue was when it came',
    LONG_SECONDS,
  ),
} as const
