/** What an event waited for. Pure. */
import { strings } from '../strings.ts'
import type { CallEvent } from './call.ts'
import { durationText } from '../ui/duration.ts'

const words = strings.call

/** `waited 1.8 s for #2`. */
export function waitedText(event: CallEvent, all: readonly CallEvent[], nowMs: number): string {
  const missing = missingBefore(event, all)
  const what = missing === null ? words.forAnEvent : words.forEvent(missing)
  return event.releasedMs === null
    ? words.hasWaited(durationText(nowMs - event.receivedMs), what)
    : words.waited(durationText(event.releasedMs - event.receivedMs), what)
}

/** The place that had not come when the event did; null if that is not one place, or not known. */
export function missingBefore(event: CallEvent, all: readonly CallEvent[]): number | null {
  const here = new Set<number>()
  for (const each of all) {
    if (each.receivedMs <= event.receivedMs && each.id !== event.id) here.add(each.position)
  }
  for (let place = event.position - 1; place >= 1; place--) {
    if (!here.has(place)) return place
  }
  return null
}
