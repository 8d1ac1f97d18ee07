import type { WebhookFilters } from '../../api/webhooks.ts'

/** The API lists the newest first, and that alone: any other order is of the page that is shown. */
export const ORDERS = ['oldest', 'name', 'status'] as const
export type Order = (typeof ORDERS)[number]

/** What the URL of the list says. */
export interface WebhooksSearch extends WebhookFilters {
  sort?: Order | undefined
}
