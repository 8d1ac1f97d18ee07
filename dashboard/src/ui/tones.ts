/** How what a badge says is coloured. */
import type { DeliveryStatus } from '../api/deliveries.ts'
import type { Webhook } from '../api/webhooks.ts'
import type { Tone } from './status-badge.tsx'

export const STATUS_TONES: Record<Webhook['status'], Tone> = {
  active: 'good',
  paused: 'warn',
  disabled: 'quiet',
}
export const HEALTH_TONES: Record<Webhook['health'], Tone> = {
  healthy: 'good',
  failing: 'warn',
  open: 'bad',
}
export const DELIVERY_TONES: Record<DeliveryStatus, Tone> = {
  pending: 'quiet',
  held: 'warn',
  succeeded: 'good',
  failed: 'bad',
  expired: 'bad',
  discarded: 'quiet',
}
