/**
 * What a tail shows next. Pure. The list is by the arrival of events and a tail is by the ends of deliveries, which may
 * be hours apart: so the newest pages are looked at every time, and the rest of the list a page at a time, over and
 * over. Whatever ends is met at the next round at the latest.
 */
import { ENDED_STATUSES, type DeliveryStatus } from '../../src/contracts/deliveries.ts'
import type { DeliveryView } from '../../src/api/deliveries/view.ts'
import { timeOfDelivery } from '../../src/lib/id.ts'
import type { Page } from './contract.ts'

/** More ends than these are not remembered: deliveries of events as old as the oldest of them are let go of. */
const MOST_REMEMBERED = 100_000

/** What is followed, and what of it has been shown. */
export interface Following {
  /** Deliveries of events that came at or after this time are followed (RFC 3339). */
  since: string
  /** Of those, what has ended at or after this time is shown (RFC 3339). */
  readonly endedFrom: string
  /** When each delivery ended whose end has been shown, by its id: made again by hand, one ends again. */
  readonly shown: Map<string, string>
}

/** Where the slow look through the list stands: it goes on by a cursor, which holds for the `since` that it began with. */
export interface Sweep {
  since: string
  cursor: string | null
}

/** @param endedFrom what ended before that is not shown; if left out, all ends are */
export function followingFrom(since: string, endedFrom = since): Following {
  return { since, endedFrom, shown: new Map() }
}

/**
 * The ends in a page that have not been shown yet, the first first; from now on they have been.
 * @param mostRemembered how many ends are remembered
 */
export function newEnds(
  following: Following,
  page: Pick<Page<DeliveryView>, 'data'>,
  mostRemembered = MOST_REMEMBERED,
): DeliveryView[] {
  const { shown } = following
  const ends = page.data.filter(
    ({ id, status, completed_at, created_at }) =>
      hasEnded(status) &&
      completed_at !== null &&
      Date.parse(completed_at) >= Date.parse(following.endedFrom) &&
      // Let go of: whether it has been shown is not known any more.
      Date.parse(created_at) >= Date.parse(following.since) &&
      shown.get(id) !== completed_at,
  )
  for (const { id, completed_at } of ends) shown.set(id, completed_at ?? '')
  forget(following, mostRemembered)
  return ends.sort(byEnd)
}

/** The order in which deliveries have ended. */
export function byEnd(a: DeliveryView, b: DeliveryView): number {
  const [ended, other] = [a.completed_at ?? '', b.completed_at ?? '']
  if (ended !== other) return ended < other ? -1 : 1
  return a.id < b.id ? -1 : 1
}

function hasEnded(status: DeliveryStatus): boolean {
  return ENDED_STATUSES.some((ended) => ended === status)
}

/** Lets go of the oldest half. Ids sort by the arrival of their events, and begin with its time. */
function forget(following: Following, mostRemembered: number): void {
  const { shown } = following
  if (shown.size <= mostRemembered) return
  const ids = [...shown.keys()].sort()
  const first = ids[Math.floor(ids.length / 2)]
  if (first === undefined) return
  // Of those that came in the same millisecond some may be remembered no more, so it begins with the next one.
  const fromMs = timeOfDelivery(first) + 1
  for (const id of ids) if (timeOfDelivery(id) < fromMs) shown.delete(id)
  following.since = new Date(fromMs).toISOString()
}
