import type { Delivery } from '../../api/webhook-deliveries.ts'
import type { WebhookDetail } from '../../api/webhook.ts'
import type { Tone } from '../../ui/status-badge.tsx'

export const STATUS_TONES: Record<WebhookDetail['status'], Tone> = {
  active: 'good',
  paused: 'warn',
  disabled: 'quiet',
}
export const HEALTH_TONES: Record<WebhookDetail['health'], Tone> = {
  healthy: 'good',
  failing: 'warn',
  open: 'bad',
}
export const DELIVERY_TONES: Record<Delivery['status'], Tone> = {
  pending: 'quiet',
  held: 'warn',
  succeeded: 'good',
  failed: 'bad',
  expired: 'bad',
  discarded: 'quiet',
}
