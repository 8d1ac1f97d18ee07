/** How the whole call is fitted into the picture, and when it is fitted anew. Pure. */
import { endedAs } from './call.ts'
import type { Subject } from './layout.ts'
import { mostFolds, scaleOf, WHOLE, wholeView, xOf, type View } from './scale.ts'
import { spanKept, spanOf, type FoldedSpan } from './span.ts'

/** What has to be free (px) behind the last instant: "now" is written there. */
const FREE_PX = 36

export interface Fit {
  readonly subject: Subject
  readonly widthPx: number
  readonly span: FoldedSpan
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
  if (before === null || before.widthPx !== widthPx) return fresh(subject, widthPx)
  const span = spanKept(subject.times, before.span)
  const kept = { ...before, subject, span }
  if (isRead) return kept
  const endX = xOf(scaleOf(span, before.whole, widthPx), span.untilMs)
  return hasCome(before.subject, subject) || endX > widthPx - FREE_PX ? fresh(subject, widthPx) : kept
}

function fresh(subject: Subject, widthPx: number): Fit {
  const span = spanOf(subject.times, mostFolds(widthPx))
  return { subject, widthPx, span, whole: wholeView(span, scaleOf(span, WHOLE, widthPx).pxPerMs) }
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
