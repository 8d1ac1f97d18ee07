import type { WebhookHealth } from '../config/webhook.ts'

/** A webhook's health by its last outcomes, across calls. */
export interface Health {
  readonly failuresInRow: number
  readonly state: WebhookHealth
}

export const HEALTHY: Health = { failuresInRow: 0, state: 'healthy' }

/** This many failed attempts in a row, of any calls, and the webhook is shown as failing. */
const FAILING_AFTER = 5

export function observe(health: Health, succeeded: boolean): Health {
  if (succeeded) return HEALTHY
  const failuresInRow = health.failuresInRow + 1
  return { failuresInRow, state: failuresInRow >= FAILING_AFTER ? 'failing' : 'healthy' }
}
