/**
 * Writes name and message to the log: of the root, since a failed query's own message quotes its parameters.
 * @param where what was being done
 */
export function report(where: string, error: unknown): void {
  const root = error instanceof Error ? rootOf(error) : new Error('a thrown value that is not an error')
  console.error(`${where}:`, root.name, root.message)
}

/** Whether the platform says that trying again may help: D1 or an object is overloaded, reset or out of reach. */
export function isTransient(error: Error): boolean {
  const root = rootOf(error)
  if ('retryable' in root && root.retryable === true) return true
  if ('overloaded' in root && root.overloaded === true) return true
  return /overloaded|network connection lost|storage caused object to be reset|D1_ERROR: .*(timeout|reset)/i.test(
    root.message,
  )
}

function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error
}
