import type { Webhook } from '../../api/webhooks.ts'

/** What moves by itself, or says no more than that something has moved. */
const IGNORED: ReadonlySet<string> = new Set([
  'etag',
  'health',
  'updated_at',
  'status_changed_at',
  'warnings',
  'destination',
])

export interface FieldChange {
  field: string
  before: string
  after: string
}

/** What differs between a webhook as it was shown and as it is now, field by field. */
export function changesOf(before: Webhook, after: Webhook): FieldChange[] {
  const was: Record<string, unknown> = { ...before }
  return Object.entries(after).flatMap(([field, value]) => {
    // A list masks the values of headers, and a webhook by itself does not: their names can be told apart.
    const [from, to] = [was[field], value].map((each) => textOf(field === 'headers' ? keysOf(each) : each))
    return IGNORED.has(field) || from === to ? [] : [{ field, before: from ?? '', after: to ?? '' }]
  })
}

function keysOf(pairs: unknown): unknown {
  return Array.isArray(pairs) ? pairs.map((pair: { key: string }) => pair.key) : pairs
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return JSON.stringify(value)
  return value.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(', ')
}
