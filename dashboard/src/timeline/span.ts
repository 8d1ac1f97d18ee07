/** Which time a call's picture covers, and which stretches of it are folded because nothing begins or ends there. Pure. */
import { isOpen, underWaySince, type Call } from './call.ts'
import { sorted, Sweep } from './sweep.ts'

export interface Span {
  readonly fromMs: number
  readonly untilMs: number
}

export interface FoldedSpan extends Span {
  /** In order; none touches another. */
  readonly folds: readonly Span[]
  /** What is left open (ms) on both sides of a fold. */
  readonly openMs: number
}

/** An `occurred_at` that is further from its event's arrival (ms) is told in words: the picture is of the relay's time. */
export const OCCURRED_WITHIN_MS = 5 * 60_000
/** A picture covers so much (ms) at least. */
const SHORTEST_MS = 20
/** Shorter stretches (ms) are not folded. */
const SHORTEST_FOLD_MS = 1000
/** A stretch is folded if it would take more of the picture than this. */
const FOLDED_SHARE = 0.12
/** What is left open beside a fold, of the time that is shown. */
const OPEN_SHARE = 0.02

/** The time that a call covers, and where in it nothing begins or ends. */
export interface Times extends Span {
  /** The longest first. */
  readonly quiet: readonly Span[]
}

/** @param nowMs the picture reaches to it while anything is open */
export function timesOf(call: Pick<Call, 'events'>, nowMs: number): Times {
  const { instants, busy } = instantsOf(call, nowMs)
  const fromMs = instants[0] ?? nowMs
  const untilMs = Math.max(instants.at(-1) ?? nowMs, fromMs + SHORTEST_MS)
  return { fromMs, untilMs, quiet: quietOf(instants, busy).sort((a, b) => lengthOf(b) - lengthOf(a)) }
}

/** @param mostFolds as many as there is room for */
export function spanOf({ fromMs, untilMs, quiet }: Times, mostFolds: number): FoldedSpan {
  let shownMs = untilMs - fromMs
  const chosen: Span[] = []
  for (const gap of quiet) {
    if (chosen.length >= mostFolds || lengthOf(gap) < Math.max(SHORTEST_FOLD_MS, shownMs * FOLDED_SHARE))
      break
    chosen.push(gap)
    shownMs -= lengthOf(gap)
  }
  const openMs = Math.max(SHORTEST_MS, shownMs * OPEN_SHARE)
  const folds = chosen
    .map((gap) => ({ fromMs: gap.fromMs + openMs, untilMs: gap.untilMs - openMs }))
    .filter((fold) => lengthOf(fold) > openMs)
    .sort((a, b) => a.fromMs - b.fromMs)
  return { fromMs, untilMs, folds, openMs }
}

/**
 * A later read of the same call with the folds that there were, so that nothing which is being read moves: a fold goes on to
 * where its quiet stretch now ends, and is opened only if something turns out to have happened in it.
 */
export function spanKept({ fromMs, untilMs, quiet }: Times, before: FoldedSpan): FoldedSpan {
  const folds = before.folds.flatMap((fold) => {
    const gap = quiet.find((each) => each.fromMs <= fold.fromMs && each.untilMs >= fold.untilMs)
    return gap === undefined ? [] : [{ fromMs: fold.fromMs, untilMs: gap.untilMs - before.openMs }]
  })
  return { fromMs, untilMs, folds: folds.filter((fold) => lengthOf(fold) > 0), openMs: before.openMs }
}

function lengthOf({ fromMs, untilMs }: Span): number {
  return untilMs - fromMs
}

/** All at which something begins or ends, in order, and the attempts. */
function instantsOf(
  { events }: Pick<Call, 'events'>,
  nowMs: number,
): {
  instants: Float64Array
  busy: Sweep
} {
  const instants: number[] = []
  const begins: number[] = []
  const ends: number[] = []
  for (const event of events) {
    const { receivedMs, releasedMs, occurredMs } = event
    instants.push(receivedMs)
    if (releasedMs !== null) instants.push(releasedMs)
    if (occurredMs !== null && Math.abs(occurredMs - receivedMs) <= OCCURRED_WITHIN_MS)
      instants.push(occurredMs)
    for (const delivery of event.deliveries) {
      if (delivery.completedMs !== null) instants.push(delivery.completedMs)
      for (const { fromMs, untilMs } of delivery.waits) {
        instants.push(fromMs)
        if (untilMs !== null) instants.push(untilMs)
      }
      for (const { startedMs, endedMs } of delivery.attempts) {
        begins.push(startedMs)
        ends.push(endedMs)
      }
      const sinceMs = underWaySince(delivery)
      if (sinceMs === null) continue
      begins.push(sinceMs)
      ends.push(Math.max(sinceMs, nowMs))
    }
  }
  // The clock of this machine may be behind the relay's: the picture ends no earlier than what it shows.
  if (isOpen({ events })) instants.push(Math.max(nowMs, ...events.map(({ receivedMs }) => receivedMs)))
  return { instants: sorted([...instants, ...begins, ...ends]), busy: new Sweep(begins, ends) }
}

/** The stretches between neighbouring instants that lie in no attempt. */
function quietOf(instants: Float64Array, busy: Sweep): Span[] {
  const quiet: Span[] = []
  for (let index = 0; index < instants.length - 1; index++) {
    const fromMs = instants[index] ?? 0
    const untilMs = instants[index + 1] ?? fromMs
    if (untilMs > fromMs && busy.after(fromMs) === 0) quiet.push({ fromMs, untilMs })
  }
  return quiet
}
