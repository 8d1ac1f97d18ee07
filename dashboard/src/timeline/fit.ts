/** How the whole call is fitted into the picture, and when it is fitted anew. Pure. */
import { endedAs } from './call.ts'
import type { Subject } from './layout.ts'
import { brought, mostFolds, panned, scaleOf, WHOLE, wholeView, xOf, type View } from './scale.ts'
import { spanKept, spanOf, type FoldedSpan, type Span } from './span.ts'

/** What has to be free (px) behind the last instant: "now" is written there. */
const FREE_PX = 36
/** How much of the picture a stretch takes that is opened from near by. */
const OPENED_SHARE = 0.7

export interface Fit {
  readonly subject: Subject
  readonly widthPx: number
  readonly span: FoldedSpan
  /** What would be folded, and has been opened. */
  readonly opened: readonly Span[]
  /** Where one looks who looks at the whole call. */
  readonly whole: View
}

/**
 * While somebody reads the picture nothing in it moves. Else it is fitted anew once an event or an end has come, or "now"
 * would leave it.
 * @param before null: fits it anew
 */
export function fitted(before: Fit | null, subject: Subject, widthPx: number, isRead: boolean): Fit {
  if (before?.subject === subject && before.widthPx === widthPx) return before
  if (before === null || before.widthPx !== widthPx) return fresh(subject, widthPx, before?.opened ?? [])
  const span = spanKept(subject.times, before.span)
  const kept = { ...before, subject, span }
  if (isRead) return kept
  const endX = xOf(scaleOf(span, before.whole, widthPx), span.untilMs)
  return hasCome(before.subject, subject) || endX > widthPx - FREE_PX
    ? fresh(subject, widthPx, before.opened)
    : kept
}

/** The same call with one fold more that is opened. */
export function unfolded({ subject, widthPx, opened }: Fit, fold: Span): Fit {
  return fresh(subject, widthPx, [...opened, fold])
}

/** What had been opened is a fold again. */
export function folded({ subject, widthPx, opened }: Fit, fold: Span): Fit {
  return fresh(
    subject,
    widthPx,
    opened.filter((each) => !overlaps(each, fold)),
  )
}

/** Where one looks once a fold is opened, or is one again: who looks at the whole does so still; else at what was a fold. */
export function viewOf({ span, widthPx }: Fit, view: View, fold: Span, isOpen: boolean): View {
  if (view.kind === 'whole') return view
  if (!isOpen) return brought(span, view, widthPx, fold.fromMs)
  const pxPerMs = (OPENED_SHARE * widthPx) / (fold.untilMs - fold.fromMs)
  const at: View = { kind: 'part', pxPerMs, leftMs: fold.fromMs }
  return panned(span, at, widthPx, -(widthPx * (1 - OPENED_SHARE)) / 2)
}

function fresh(subject: Subject, widthPx: number, toOpen: readonly Span[]): Fit {
  const all = spanOf(subject.times, mostFolds(widthPx))
  const isOpened = (fold: Span): boolean => toOpen.some((each) => overlaps(each, fold))
  const span = { ...all, folds: all.folds.filter((fold) => !isOpened(fold)) }
  const whole = wholeView(span, scaleOf(span, WHOLE, widthPx).pxPerMs)
  return { subject, widthPx, span, opened: all.folds.filter(isOpened), whole }
}

function overlaps(a: Span, b: Span): boolean {
  return a.fromMs < b.untilMs && b.fromMs < a.untilMs
}

function hasCome({ events: before }: Subject, { events }: Subject): boolean {
  return events.length !== before.length || endsOf(events) !== endsOf(before)
}

function endsOf(events: Subject['events']): number {
  return events.reduce(
    (sum, { deliveries }) => sum + deliveries.filter(({ status }) => endedAs(status) !== null).length,
    0,
  )
}
