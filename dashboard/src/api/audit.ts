import { queryOptions } from '@tanstack/react-query'
import type { InferRequestType, InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

export type AuditEntry = InferResponseType<typeof v1.audit.$get, 200>['data'][number]
export type AuditAction = AuditEntry['action']
type AuditQuery = InferRequestType<typeof v1.audit.$get>['query']

export interface AuditFilters {
  action?: AuditAction | undefined
  object_id?: string | undefined
  since?: string | undefined
  until?: string | undefined
  cursor?: string | undefined
}

/** In the order of the filter's list. The compiler holds that none is missing. */
const EACH_ACTION: Record<AuditAction, true> = {
  'webhook.created': true,
  'webhook.updated': true,
  'webhook.enabled': true,
  'webhook.paused': true,
  'webhook.disabled': true,
  'webhook.deleted': true,
  'secret.rotated': true,
  'deliveries.retried': true,
  'numbers.replaced': true,
  'account.created': true,
  'account.updated': true,
  'account.deleted': true,
  'key.created': true,
  'key.deleted': true,
  'portal_link.created': true,
  'session.created': true,
  'session.ended': true,
  'sessions.ended': true,
  'encryption.resealed': true,
}
// Safe: the keys of that record are just these.
export const AUDIT_ACTIONS = Object.keys(EACH_ACTION) as AuditAction[]

/** A page of the log. @param accountId null: of every account, which an admin alone may see */
export function auditQuery(accountId: string | null, filters: AuditFilters) {
  const query: AuditQuery = { ...filters, ...(accountId !== null && { account_id: accountId }) }
  return queryOptions({
    queryKey: ['audit', accountId, filters],
    queryFn: async () => ask(v1.audit.$get({ query })),
  })
}
