import { Problem } from '../api/http/problem.ts'

/** The caller is told to come back in so many seconds where the platform could not take a request. */
const RETRY_AFTER_S = 1

/**
 * What a failure nobody expected answers with: 503 where the platform says that trying again may help (D1 or an
 * object overloaded, reset or out of reach), else 500. Neither says anything of what went wrong inside.
 */
export function problemOf(error: Error): Problem {
  return passes(rootOf(error))
    ? new Problem('unavailable', 'Try again shortly', { retryAfterS: RETRY_AFTER_S })
    : new Problem('internal', 'The failure has been recorded')
}

/**
 * Writes name and message to the log: of the root, since a failed query's own message quotes its parameters.
 * @param where what was being done
 */
export function report(where: string, error: unknown): void {
  const root = error instanceof Error ? rootOf(error) : new Error('a thrown value that is not an error')
  console.error(`${where}:`, root.name, root.message)
}

function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error
}

function passes(error: Error): boolean {
  if ('retryable' in error && error.retryable === true) return true
  if ('overloaded' in error && error.overloaded === true) return true
  return /overloaded|network connection lost|storage caused object to be reset|D1_ERROR: .*(timeout|reset)/i.test(
    error.message,
  )
}
