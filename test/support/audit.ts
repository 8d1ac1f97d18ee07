import { api } from './relay.ts'
import type { Page } from './control.ts'

export interface AuditEntry {
  id: string
  account_id: string | null
  actor: { type: string; id: string | null }
  action: string
  object_id: string
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
  created_at: string
}

/** The audit log, newest first. `filters` as `&action=key.created`. */
export async function audit(filters: string, key?: string): Promise<AuditEntry[]> {
  const page = await api<Page<AuditEntry>>('GET', `/v1/audit?limit=250${filters}`, undefined, key)
  if (page.status !== 200) throw new Error(JSON.stringify(page.body))
  return page.body.data
}
