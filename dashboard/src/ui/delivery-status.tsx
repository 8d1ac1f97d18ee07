import type { DeliveryStatus } from '../api/deliveries.ts'
import { strings } from '../strings.ts'
import { StatusBadge } from './status-badge.tsx'
import { DELIVERY_TONES } from './tones.ts'

/** In lists of all deliveries what is not there yet stands out. */
const TONES = { ...DELIVERY_TONES, pending: 'warn' } as const

/** How a delivery stands; with a count, how many do. */
export function DeliveryBadge({ status, count }: { status: DeliveryStatus; count?: number }) {
  const word = strings.deliveryStatuses[status]
  return (
    <StatusBadge tone={TONES[status]}>
      {count === undefined ? word : `${count} ${word.toLowerCase()}`}
    </StatusBadge>
  )
}
