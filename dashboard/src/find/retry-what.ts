/** What of a list of deliveries can be made again at once. Pure. */

export const RETRY_STATUSES = ['failed', 'expired', 'discarded', 'succeeded'] as const

/** Which deliveries are to be made again: fixed once somebody asks, so that what is counted is what is made. */
export interface RetryWhat {
  webhook_id?: string
  status: (typeof RETRY_STATUSES)[number]
  since: string
  until: string
}

interface Filters {
  webhook_id?: string | undefined
  status?: string | undefined
  since?: string | undefined
  until?: string | undefined
}

/** Before anything that is kept. */
export const EVER = '2000-01-01T00:00:00Z'

/**
 * What a list's filters select, if a retry can be of just that. `status`: it has to be of one status that deliveries end
 * with; `filters`: a filter is set that a retry does not have.
 */
export function retryOf(
  { webhook_id, status, since, until, ...others }: Filters,
  nowMs: number,
): { ok: true; what: RetryWhat } | { ok: false; why: 'status' | 'filters' } {
  if (Object.values(others).some((value) => value !== undefined)) return { ok: false, why: 'filters' }
  const ended = RETRY_STATUSES.find((each) => each === status)
  if (ended === undefined) return { ok: false, why: 'status' }
  const what = { status: ended, since: since ?? EVER, until: until ?? new Date(nowMs).toISOString() }
  return { ok: true, what: webhook_id === undefined ? what : { ...what, webhook_id } }
}
