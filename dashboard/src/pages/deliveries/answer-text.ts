import type { Attempt, ListedDelivery } from '../../api/deliveries.ts'
import { strings } from '../../strings.ts'

/** What came of an attempt, in words: its code, and why it is no success. */
export function answerText({ status_code, error }: Pick<Attempt, 'status_code' | 'error'>): string {
  const why = error === null ? null : (strings.deliveries.errors[error] ?? error)
  if (status_code === null) return why ?? strings.deliveries.noAnswer
  return error === null || error === 'status' ? String(status_code) : `${status_code} · ${why}`
}

export function lastAnswerText({ last_status_code, last_error }: ListedDelivery): string {
  return answerText({ status_code: last_status_code, error: last_error })
}
