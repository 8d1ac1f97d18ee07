import type { DeliveryStatus } from '../api/deliveries.ts'
import { strings } from '../strings.ts'
import { StatusBadge, type Tone } from './status-badge.tsx'

const TONES: Record<DeliveryStatus, Tone> = {
  pending: 'warn',
  held: 'warn',
  succeeded: 'good',
  failed: 'bad',
  expired: 'bad',
  discarded: 'quiet',
}

/** How a delivery stands; with a count, how many do. */
export function DeliveryBadge({ status, count }: { status: DeliveryStatus; count?: number }) {
  const word = strings.deliveries.statuses[status]
  return (
    <StatusBadge tone={TONES[status]}>
      {count === undefined ? word : `${count} ${word.toLowerCase()}`}
    </StatusBadge>
  )
}
