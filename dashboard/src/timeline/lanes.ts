/** What each webhook's lane has, as spans of time: attempts and the waits between them, and what waits behind them. Pure. */
import {
  answerOf,
  endedAs,
  underWaySince,
  type Answer,
  type Call,
  type CallAttempt,
  type CallDelivery,
  type CallEvent,
  type CallWait,
  type Ended,
} from './call.ts'
import { sorted, Sweep } from './sweep.ts'

export type Piece = AttemptPiece | WaitPiece | UnderWayPiece

interface Timed {
  readonly fromMs: number
  readonly untilMs: number
  readonly delivery: CallDelivery
}
export interface AttemptPiece extends Timed {
  readonly kind: 'attempt'
  readonly attempt: CallAttempt
  readonly answer: Answer
}
/** Between its attempts. */
export interface WaitPiece extends Timed {
  readonly kind: 'backoff' | 'asked'
}
export interface UnderWayPiece extends Timed {
  readonly kind: 'under_way'
}

/** Waiting that no attempt is part of; `count` deliveries at most at once. */
export interface Queue {
  readonly kind: 'turn' | 'rate' | 'held' | 'breaker'
  readonly fromMs: number
  readonly untilMs: number
  readonly count: number
}

export interface End {
  readonly atMs: number
  readonly status: Ended
  readonly delivery: CallDelivery
}

export interface Lane {
  readonly webhookId: string
  /** Null: it has been deleted. */
  readonly name: string | null
  readonly events: ReadonlyMap<string, CallEvent>
  readonly deliveries: readonly CallDelivery[]
  /** One for a webhook that keeps order; else as many as overlap. Within one nothing overlaps. */
  readonly tracks: readonly (readonly Piece[])[]
  /** Beside the first track's pieces; overlaps neither them nor one another. */
  readonly queues: readonly Queue[]
  readonly ends: readonly End[]
}

/** In the order in which their webhooks first had something of the call. */
export function lanesOf({ events }: Pick<Call, 'events'>, nowMs: number): Lane[] {
  const byWebhook = new Map<string, { deliveries: CallDelivery[]; events: Map<string, CallEvent> }>()
  for (const event of events) {
    for (const delivery of event.deliveries) {
      const lane = byWebhook.get(delivery.webhook_id) ?? {
        deliveries: [],
        events: new Map<string, CallEvent>(),
      }
      lane.deliveries.push(delivery)
      lane.events.set(delivery.id, event)
      byWebhook.set(delivery.webhook_id, lane)
    }
  }
  return [...byWebhook].map(([webhookId, lane]) => {
    const name = lane.deliveries[0]?.webhook_name ?? null
    return { webhookId, name, ...lane, ...knownTimes(lane.deliveries, nowMs) }
  })
}

type LaneTimes = Pick<Lane, 'tracks' | 'queues' | 'ends'>

/** By the first of their deliveries, of lanes in which all have ended. */
const known = new WeakMap<CallDelivery, { deliveries: readonly CallDelivery[]; times: LaneTimes }>()

/** What did not change since the last read of the call is the same object in both: all ended, it is not made again. */
function knownTimes(deliveries: readonly CallDelivery[], nowMs: number): LaneTimes {
  const [first] = deliveries
  const before = first === undefined ? undefined : known.get(first)
  if (
    before?.deliveries.length === deliveries.length &&
    before.deliveries.every((delivery, index) => delivery === deliveries[index])
  )
    return before.times
  const times = timesOfLane(deliveries, nowMs)
  if (first !== undefined && deliveries.every(hasNoOpenTime)) known.set(first, { deliveries, times })
  return times
}

/** Nothing of it reaches to now. */
function hasNoOpenTime({ status, waits }: CallDelivery): boolean {
  return endedAs(status) !== null && waits.every(({ untilMs }) => untilMs !== null)
}

function timesOfLane(deliveries: readonly CallDelivery[], nowMs: number): LaneTimes {
  const runs: Piece[][] = []
  const ends: End[] = []
  for (const delivery of deliveries) {
    addRuns(runs, delivery, nowMs)
    const status = endedAs(delivery.status)
    if (status !== null && delivery.completedMs !== null)
      ends.push({ atMs: delivery.completedMs, status, delivery })
  }
  const tracks = packed(runs)
  return {
    tracks,
    queues: queuesOf(deliveries, tracks[0] ?? [], nowMs),
    ends: ends.sort((a, b) => a.atMs - b.atMs),
  }
}

/** Pieces of one delivery that stay on one track: what is made again by hand is a run of its own. */
function addRuns(runs: Piece[][], delivery: CallDelivery, nowMs: number): void {
  const pieces = piecesOf(delivery, nowMs)
  let run: Piece[] | null = null
  let untilMs = 0
  for (const piece of pieces) {
    const isByHand = piece.kind === 'attempt' && piece.attempt.via === 'manual'
    if (run === null || isByHand || piece.fromMs < untilMs) runs.push((run = [piece]))
    else run.push(piece)
    untilMs = piece.untilMs
  }
}

/** In order. */
function piecesOf(delivery: CallDelivery, nowMs: number): Piece[] {
  const pieces: Piece[] = []
  for (const attempt of delivery.attempts) {
    const { startedMs: fromMs, endedMs: untilMs } = attempt
    pieces.push({ kind: 'attempt', fromMs, untilMs, delivery, attempt, answer: answerOf(attempt) })
  }
  for (const wait of delivery.waits) {
    const { why, fromMs } = wait
    if (why === 'backoff' || why === 'asked')
      pieces.push({ kind: why, fromMs, untilMs: endOf(wait, nowMs), delivery })
  }
  const sinceMs = underWaySince(delivery)
  if (sinceMs !== null)
    pieces.push({ kind: 'under_way', fromMs: sinceMs, untilMs: Math.max(sinceMs, nowMs), delivery })
  return pieces.sort((a, b) => a.fromMs - b.fromMs || a.untilMs - b.untilMs)
}

/** Each run on the first track that is free by then. */
function packed(runs: Piece[][]): Piece[][] {
  const tracks: { pieces: Piece[]; untilMs: number }[] = []
  for (const run of runs.sort((a, b) => beginOf(a) - beginOf(b))) {
    let track = tracks.find(({ untilMs }) => untilMs <= beginOf(run))
    if (track === undefined) tracks.push((track = { pieces: [], untilMs: 0 }))
    track.pieces.push(...run)
    track.untilMs = run.at(-1)?.untilMs ?? track.untilMs
  }
  return tracks.map(({ pieces }) => pieces)
}

function beginOf(run: readonly Piece[]): number {
  return run[0]?.fromMs ?? 0
}

/** A clock that is behind the relay's makes no wait end before it began. */
function endOf({ fromMs, untilMs }: CallWait, nowMs: number): number {
  return Math.max(fromMs, untilMs ?? nowMs)
}

/** Of what is waited for at once the first is shown: a lane that is held is held, whoever waits behind. */
const QUEUES = ['held', 'breaker', 'rate', 'turn'] as const

interface Bounds {
  readonly begins: number[]
  readonly ends: number[]
}

/** Sweeps over all that begins and ends, so that of the deliveries that wait at once one stretch is made. */
function queuesOf(deliveries: readonly CallDelivery[], pieces: readonly Piece[], nowMs: number): Queue[] {
  const bounds = { held: none(), breaker: none(), rate: none(), turn: none(), busy: none() }
  // An attempt of no measured length has its place, too.
  for (const { fromMs, untilMs } of pieces) add(bounds.busy, fromMs, Math.max(untilMs, fromMs + 1))
  for (const { waits } of deliveries) {
    for (const wait of waits) {
      const { why } = wait
      if (why === 'held' || why === 'breaker' || why === 'rate' || why === 'turn')
        add(bounds[why], wait.fromMs, endOf(wait, nowMs))
    }
  }
  const busy = sweepOf(bounds.busy)
  const waiting = QUEUES.map((kind) => ({ kind, sweep: sweepOf(bounds[kind]) }))
  const instants = sorted(Object.values(bounds).flatMap(({ begins, ends }) => [...begins, ...ends]))
  const queues: Queue[] = []
  for (let index = 0; index < instants.length - 1; index++) {
    const fromMs = instants[index] ?? 0
    const untilMs = instants[index + 1] ?? fromMs
    if (untilMs === fromMs || busy.after(fromMs) > 0) continue
    for (const { kind, sweep } of waiting) {
      const count = sweep.after(fromMs)
      if (count === 0) continue
      const last = queues.at(-1)
      if (last?.kind === kind && last.untilMs === fromMs)
        queues[queues.length - 1] = { ...last, untilMs, count: Math.max(last.count, count) }
      else queues.push({ kind, fromMs, untilMs, count })
      break
    }
  }
  return queues
}

function none(): Bounds {
  return { begins: [], ends: [] }
}

function add({ begins, ends }: Bounds, fromMs: number, untilMs: number): void {
  if (untilMs <= fromMs) return
  begins.push(fromMs)
  ends.push(untilMs)
}

function sweepOf({ begins, ends }: Bounds): Sweep {
  return new Sweep(begins, ends)
}
