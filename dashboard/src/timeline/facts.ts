/** All that is known of what one points at or stands on. Pure. */
import type { Call, CallDelivery, CallEvent } from './call.ts'
import { lasting } from './duration.ts'
import type { Stop } from './moves.ts'
import { attemptText, rowsOf, waitText } from './rows.ts'

export interface Facts {
  readonly title: string
  readonly lines: readonly string[]
}

export function factsOf(stop: Stop, { events }: Pick<Call, 'events'>, nowMs: number): Facts {
  const event = events.find(({ id }) => id === stop.eventId)
  if (event === undefined) return { title: '', lines: [] }
  const delivery = event.deliveries.find(({ id }) => id === stop.deliveryId)
  return delivery === undefined
    ? eventFacts(event, events, nowMs)
    : deliveryFacts(delivery, stop.id, event, nowMs)
}

function eventFacts(event: CallEvent, events: Call['events'], nowMs: number): Facts {
  const row = rowsOf({ events }, nowMs).find((each) => each.kind === 'event' && each.event.id === event.id)
  return {
    title: `#${event.position} ${event.trigger.replaceAll('_', ' ')}`,
    lines: [
      `arrived ${event.received_at}`,
      ...(event.occurred_at === null ? [] : [`happened ${event.occurred_at}`]),
      ...(row?.kind === 'event' ? row.notes : []),
      `${event.deliveries.length} deliveries, ${event.skipped.length} webhooks passed over`,
    ],
  }
}

function deliveryFacts(delivery: CallDelivery, stopId: string, event: CallEvent, nowMs: number): Facts {
  const { webhook_name, status, waits, attempts, completedMs, next_attempt_at } = delivery
  return {
    title: `#${event.position} to ${webhook_name ?? 'a deleted webhook'}: ${status}`,
    lines: [
      ...waits.map((wait) => waitText(wait, nowMs)),
      ...attempts.map((each) => `${each.id === stopId ? '▸ ' : ''}attempt ${attemptText(each)}`),
      ...(stopId.endsWith(' now') ? ['▸ an attempt is under way'] : []),
      ...(next_attempt_at === null ? [] : [`next attempt ${next_attempt_at}`]),
      ...(completedMs === null ? [] : [`${lasting(completedMs - event.receivedMs)} from arrival to end`]),
    ],
  }
}
