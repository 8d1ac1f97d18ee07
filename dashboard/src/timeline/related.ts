/** What in the picture belongs together: an event and what was made of it. Pure. */
import type { CallDelivery } from './call.ts'
import type { Picture } from './layout.ts'
import { barStops, LANE_ROW, markStop, waitersOf, type Stop } from './stops.ts'

/**
 * Of an event its bars in all lanes; of a bar, or of a wait, its event and the other bars of its delivery; of a wait of
 * several their events.
 */
export function relatedTo({ id, what, row, eventId, deliveryId, ...stop }: Stop, picture: Picture): Stop[] {
  const events = (ids: ReadonlySet<string>): Stop[] =>
    picture.events.filter(({ event }) => ids.has(event.id)).map(markStop)
  if (what.kind === 'wait' && deliveryId === null)
    return events(new Set(waitersOf(what, stop).map(({ event }) => event.id)))
  if (eventId === null) return []
  const bars = (from: number, until: number, isMeant: (delivery: CallDelivery) => boolean): Stop[] =>
    picture.lanes
      .slice(from, until)
      .flatMap((lane, index) => barStops(lane, LANE_ROW + from + index, picture, isMeant))
  if (deliveryId === null) return bars(0, picture.lanes.length, ({ event_id }) => event_id === eventId)
  const lane = row - LANE_ROW
  const own = bars(lane, lane + 1, (delivery) => delivery.id === deliveryId)
  return [...events(new Set([eventId])), ...own.filter((each) => each.id !== id)]
}
