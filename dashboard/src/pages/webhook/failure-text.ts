import type { AttemptError } from '../../../../src/contracts/deliveries.ts'
import { strings } from '../../strings.ts'

const words = strings.webhook

/** What became of the last attempt: `500`, or `no answer in time`. Null if there was none. */
export function answerText({
  last_status_code,
  last_error,
}: {
  last_status_code: number | null
  last_error: string | null
}): string | null {
  if (last_error !== null && last_error !== 'status') return classText(last_error)
  return last_status_code === null ? null : String(last_status_code)
}

export function failureText(delivery: Parameters<typeof answerText>[0]): string {
  return answerText(delivery) ?? classText('lost')
}

/** An error class of the API in words. */
export function classText(error: string): string {
  return words.errorClasses[error] ?? error
}

type Errors = Readonly<Partial<Record<AttemptError, number>>>

/** The failed attempts by class, the most first: `14 × error status, 3 × no answer in time`. Null if there was none. */
export function mostOf(errors: Errors): string | null {
  const counted = ranked(errors)
  if (counted.length === 0) return null
  return counted.map(([error, n]) => `${n.toLocaleString('en')} × ${classText(error)}`).join(', ')
}

export function commonest(errors: Errors): AttemptError | null {
  return ranked(errors)[0]?.[0] ?? null
}

function ranked(errors: Errors): [AttemptError, number][] {
  // Safe: it has no other keys.
  const counted = Object.entries(errors) as [AttemptError, number][]
  return counted.filter(([, n]) => n > 0).toSorted(([, a], [, b]) => b - a)
}
