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
    const tracks = packed(lane.deliveries.flatMap((delivery) => runsOf(delivery, nowMs)))
    return {
      webhookId,
      name: lane.deliveries[0]?.webhook_name ?? null,
      ...lane,
      tracks,
      queues: queuesOf(lane.deliveries, tracks[0] ?? [], nowMs),
      ends: lane.deliveries.flatMap(endOfDelivery).sort((a, b) => a.atMs - b.atMs),
    }
  })
}

function endOfDelivery(delivery: CallDelivery): End[] {
  const status = endedAs(delivery.status)
  if (status === null || delivery.completedMs === null) return []
  return [{ atMs: delivery.completedMs, status, delivery }]
}

/** Pieces of one delivery that stay on one track: what is made again by hand is a run of its own. */
function runsOf(delivery: CallDelivery, nowMs: number): Piece[][] {
  const pieces: Piece[] = delivery.attempts.map((attempt) => ({
    kind: 'attempt',
    fromMs: attempt.startedMs,
    untilMs: attempt.endedMs,
    delivery,
    attempt,
    answer: answerOf(attempt),
  }))
  for (const wait of delivery.waits) {
    if (wait.why === 'backoff' || wait.why === 'asked') {
      pieces.push({ kind: wait.why, ...timesOf(wait, nowMs), delivery })
    }
  }
  const sinceMs = underWaySince(delivery)
  if (sinceMs !== null) {
    pieces.push({ kind: 'under_way', fromMs: sinceMs, untilMs: Math.max(sinceMs, nowMs), delivery })
  }
  pieces.sort((a, b) => a.fromMs - b.fromMs || a.untilMs - b.untilMs)
  const runs: Piece[][] = []
  for (const piece of pieces) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    const isByHand = piece.kind === 'attempt' && piece.attempt.via === 'manual'
    if (run === undefined || last === undefined || isByHand || piece.fromMs < last.untilMs) runs.push([piece])
    else run.push(piece)
  }
  return runs
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

function timesOf({ fromMs, untilMs }: CallWait, nowMs: number): { fromMs: number; untilMs: number } {
  // A clock that is behind the relay's makes no wait end before it began.
  return { fromMs, untilMs: Math.max(fromMs, untilMs ?? nowMs) }
}

/** Of what is waited for at once the first is shown: a lane that is held is held, whoever waits behind. */
const QUEUES = ['held', 'breaker', 'rate', 'turn'] as const

/** Sweeps over all that begins and ends, so that of the deliveries that wait at once one stretch is made. */
function queuesOf(deliveries: readonly CallDelivery[], pieces: readonly Piece[], nowMs: number): Queue[] {
  const changes: { atMs: number; kind: Queue['kind'] | 'busy'; by: 1 | -1 }[] = []
  const add = (kind: Queue['kind'] | 'busy', fromMs: number, untilMs: number): void => {
    if (untilMs > fromMs) changes.push({ atMs: fromMs, kind, by: 1 }, { atMs: untilMs, kind, by: -1 })
  }
  // An attempt of no measured length has its place, too.
  for (const { fromMs, untilMs } of pieces) add('busy', fromMs, Math.max(untilMs, fromMs + 1))
  for (const { waits } of deliveries) {
    for (const wait of waits) {
      const { why } = wait
      const { fromMs, untilMs } = timesOf(wait, nowMs)
      if (why === 'held' || why === 'breaker' || why === 'rate' || why === 'turn') add(why, fromMs, untilMs)
    }
  }
  changes.sort((a, b) => a.atMs - b.atMs)
  const waiting = { held: 0, breaker: 0, rate: 0, turn: 0, busy: 0 }
  const queues: Queue[] = []
  changes.forEach(({ atMs, kind, by }, index) => {
    waiting[kind] += by
    const untilMs = changes[index + 1]?.atMs ?? atMs
    const shown = QUEUES.find((each) => waiting[each] > 0)
    if (untilMs === atMs || waiting.busy > 0 || shown === undefined) return
    const last = queues.at(-1)
    if (last?.kind === shown && last.untilMs === atMs) {
      queues[queues.length - 1] = { ...last, untilMs, count: Math.max(last.count, waiting[shown]) }
    } else queues.push({ kind: shown, fromMs: atMs, untilMs, count: waiting[shown] })
  })
  return queues
}
