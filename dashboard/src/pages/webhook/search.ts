import { ASKED_STATUSES } from '../../api/deliveries.ts'
import type { DeliveryFilters } from '../../api/webhook-deliveries.ts'
import { WINDOWS, type StatsWindow } from '../../api/webhook-stats.ts'
import { oneOf, textOf } from '../../search.ts'

/** What the URL of a webhook's page says: the window of its figures, and which of its deliveries are listed. */
export interface WebhookSearch extends Omit<DeliveryFilters, 'trigger'> {
  window?: StatsWindow | undefined
  trigger?: string | undefined
}

export function readWebhookSearch(search: Record<string, unknown>): WebhookSearch {
  return {
    window: oneOf(WINDOWS, search['window']),
    status: oneOf(ASKED_STATUSES, search['status']),
    trigger: textOf(search['trigger']),
    call_id: textOf(search['call_id']),
    since: textOf(search['since']),
    until: textOf(search['until']),
    cursor: textOf(search['cursor']),
  }
}
