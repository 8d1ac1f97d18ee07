/** All that is known of what one points at or stands on. Pure. */
import { strings } from '../strings.ts'
import type { Call, CallDelivery, CallEvent } from './call.ts'
import { lasting } from './duration.ts'
import type { Stop } from './moves.ts'
import { attemptText, notesOf, waitText } from './rows.ts'

const words = strings.call.card

export interface Facts {
  readonly title: string
  readonly lines: readonly string[]
}

/** @param timeText a time of the API as it is shown, with its zone */
export function factsOf(
  stop: Stop,
  { events }: Call,
  nowMs: number,
  timeText: (at: string) => string,
): Facts {
  const event = events.find(({ id }) => id === stop.eventId)
  if (event === undefined) return { title: '', lines: [] }
  const delivery = event.deliveries.find(({ id }) => id === stop.deliveryId)
  return delivery === undefined
    ? eventFacts(event, events, nowMs, timeText)
    : deliveryFacts(delivery, stop, event, nowMs, timeText)
}

function eventFacts(
  event: CallEvent,
  events: readonly CallEvent[],
  nowMs: number,
  timeText: (at: string) => string,
): Facts {
  return {
    title: words.event(event.position, event.trigger.replaceAll('_', ' ')),
    lines: [
      words.arrived(timeText(event.received_at)),
      ...(event.occurred_at === null ? [] : [words.happened(timeText(event.occurred_at))]),
      ...notesOf(event, events, nowMs),
      words.deliveries(event.deliveries.length, event.skipped.length),
    ],
  }
}

function deliveryFacts(
  delivery: CallDelivery,
  { id: stopId }: Stop,
  event: CallEvent,
  nowMs: number,
  timeText: (at: string) => string,
): Facts {
  const { webhook_name, status, waits, attempts, completed_at, completedMs, next_attempt_at } = delivery
  const here = (isHere: boolean, line: string): string => (isHere ? words.here(line) : line)
  return {
    title: words.delivery(
      event.position,
      webhook_name ?? strings.call.sentence.deleted,
      strings.deliveryStatuses[status],
    ),
    lines: [
      ...waits.map((wait) => waitText(wait, nowMs)),
      ...attempts.flatMap((each) => {
        const isHere = each.id === stopId
        const line = here(isHere, words.attempt(attemptText(each)))
        return isHere ? [line, words.began(timeText(each.started_at))] : [line]
      }),
      ...(stopId === `${delivery.id} now` ? [words.here(words.isUnderWay)] : []),
      ...(next_attempt_at === null ? [] : [words.next(timeText(next_attempt_at))]),
      ...(completed_at === null ? [] : [words.ended(timeText(completed_at))]),
      ...(completedMs === null ? [] : [words.took(lasting(completedMs - event.receivedMs))]),
    ],
  }
}
