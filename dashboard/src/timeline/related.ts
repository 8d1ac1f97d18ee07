/** What in the picture belongs together: an event and what was made of it. Pure. */
import { EVENT_ROW, LANE_ROW, waitersOf, type Stop, type Stops } from './stops.ts'

/**
 * Of an event its bars in all lanes; of a bar, or of a wait, its event and the other bars of its delivery; of a wait of
 * several their events.
 */
export function relatedTo(stop: Stop, stops: Stops): Stop[] {
  const { what, eventId, deliveryId } = stop
  const events = stops[EVENT_ROW] ?? []
  if (what.kind === 'wait' && deliveryId === null) {
    const ids = new Set(waitersOf(what, stop).map(({ event }) => event.id))
    return events.filter(({ id }) => ids.has(id))
  }
  if (eventId === null) return []
  if (deliveryId === null) return barsOf(stops.slice(LANE_ROW)).filter((each) => each.eventId === eventId)
  const others = barsOf(stops.slice(stop.row, stop.row + 1)).filter(
    (each) => each.deliveryId === deliveryId && each.id !== stop.id,
  )
  return [...events.filter(({ id }) => id === eventId), ...others]
}

function barsOf(rows: Stops): Stop[] {
  return rows.flat().filter(({ what }) => what.kind !== 'wait')
}
