import type { WebhookHealth } from '../config/webhook.ts'

/** A webhook's health by its last outcomes, across calls. */
export interface Health {
  readonly failuresInRow: number
  readonly state: WebhookHealth
}

export const HEALTHY: Health = { failuresInRow: 0, state: 'healthy' }

/** Health as it goes on from what was stored: the count of a webhook that was failing is not known any more. */
export function healthFrom(state: WebhookHealth): Health {
  return { failuresInRow: state === 'healthy' ? 0 : FAILING_AFTER, state }
}

/** This many failed attempts in a row, of any calls, and the webhook is shown as failing. */
const FAILING_AFTER = 5

export function observe(health: Health, succeeded: boolean): Health {
  if (succeeded) return HEALTHY
  const failuresInRow = health.failuresInRow + 1
  return { failuresInRow, state: failuresInRow >= FAILING_AFTER ? 'failing' : 'healthy' }
}
