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

/** The failed attempts by class, the most first: `14 an error status, 3 no answer in time`. Null if there was none. */
export function mostOf(errors: Readonly<Record<string, number | undefined>>): string | null {
  const counted = Object.entries(errors)
    .map(([error, n = 0]) => [error, n] as const)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
  if (counted.length === 0) return null
  return counted.map(([error, n]) => `${n.toLocaleString('en')} × ${classText(error)}`).join(', ')
}
