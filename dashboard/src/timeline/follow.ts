/** How often a call is read anew. Pure. */
import { endedAs, isOpen, type ToldDelivery, type ToldEvent } from './call.ts'

/** While anything may come at any moment. */
const SOON_MS = 2000
/** While all that is open waits until somebody enables a webhook. */
const HELD_MS = 15_000

/** @returns false if nothing is open: nothing more will come by itself */
export function followMs(events: readonly ToldEvent[]): number | false {
  if (!isOpen({ events })) return false
  const open = events.flatMap(({ deliveries }) => deliveries.filter(({ status }) => endedAs(status) === null))
  const held = new Set(open.filter(isHeld).map(({ webhook_id }) => webhook_id))
  const isAtRest =
    events.every(({ released_at }) => released_at !== null) &&
    open.every(
      (delivery) => isHeld(delivery) || (waitsFor(delivery, 'turn') && held.has(delivery.webhook_id)),
    )
  return isAtRest ? HELD_MS : SOON_MS
}

function isHeld(delivery: ToldDelivery): boolean {
  return waitsFor(delivery, 'held')
}

function waitsFor({ waits }: ToldDelivery, what: ToldDelivery['waits'][number]['why']): boolean {
  return waits.some(({ why, until }) => until === null && why === what)
}
