/** What of a call is shown. Pure. */
import { answerOf, type CallDelivery, type CallEvent } from './call.ts'

export interface Filter {
  readonly webhookId: string | undefined
  /** What failed, at once or for good, is held, or came late. */
  readonly onlyFailures: boolean
}

/** Events stay, so that it is seen when a delivery came; of none that is left the call has no lane. */
export function filtered(
  events: readonly CallEvent[],
  { webhookId, onlyFailures }: Filter,
): readonly CallEvent[] {
  if (webhookId === undefined && !onlyFailures) return events
  return events.map((event) => ({
    ...event,
    deliveries: event.deliveries.filter(
      (delivery) =>
        (webhookId === undefined || delivery.webhook_id === webhookId) &&
        (!onlyFailures || wentWrong(delivery)),
    ),
  }))
}

function wentWrong({ status, attempts, late }: CallDelivery): boolean {
  if (status === 'pending') return attempts.length > 0
  return status !== 'succeeded' || late || attempts.some((attempt) => answerOf(attempt) !== 'ok')
}
