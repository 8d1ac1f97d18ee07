/** What a list that is followed shows: what came since stands aside until it is asked for, so that nothing moves. */
interface Listed {
  readonly id: string
}

export interface Followed<T extends Listed> {
  /** As they were first read, each as it stands now. */
  readonly rows: readonly T[]
  /** Those that came since. */
  readonly fresh: number
}

export function follow<T extends Listed>(shown: readonly T[], page: readonly T[]): Followed<T> {
  const now = new Map(page.map((each) => [each.id, each]))
  const rows = shown.map((row) => now.get(row.id) ?? row)
  const known = new Set(shown.map(({ id }) => id))
  return { rows, fresh: page.filter(({ id }) => !known.has(id)).length }
}
