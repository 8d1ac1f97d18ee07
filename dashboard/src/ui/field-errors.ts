import { ApiProblem } from '../api/problem.ts'

/** What the API says of each field, by its path; the first fault of each. */
export function fieldErrors(error: Error | null): Record<string, string> {
  if (!(error instanceof ApiProblem)) return {}
  return Object.fromEntries(error.faults.toReversed().map(({ path, message }) => [path, message]))
}

/** Whether what went wrong stands at none of these fields, and has to be said beside them. */
export function isBeside(error: Error | null, fields: readonly string[]): error is Error {
  if (error === null) return false
  const paths = Object.keys(fieldErrors(error))
  return paths.length === 0 || !paths.every((path) => fields.includes(path))
}
