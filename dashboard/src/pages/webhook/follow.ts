/** What a list that is followed shows: what came since stands aside until it is asked for, so that nothing moves. */
interface Listed {
  /** Newer ones sort after older ones. */
  readonly id: string
}

export interface Followed<T extends Listed> {
  /** As they were first read, each as it stands now. */
  readonly rows: readonly T[]
  /** How many came since. */
  readonly fresh: number
  /** The ids of rows that the list has no longer: they are not what was asked for any more. */
  readonly gone: ReadonlySet<string>
}

/**
 * @param shown the rows as they are shown, newest first
 * @param page the list's first page now
 * @param isAll the list has no other page
 */
export function follow<T extends Listed>(
  shown: readonly T[],
  page: readonly T[],
  isAll: boolean,
): Followed<T> {
  const now = new Map(page.map((each) => [each.id, each]))
  const known = new Set(shown.map(({ id }) => id))
  const oldestShown = shown.at(-1)?.id ?? ''
  const oldestNow = page.at(-1)?.id
  // Newer rows push others to the next page, which says nothing of them.
  const isCovered = (id: string) => isAll || (oldestNow !== undefined && id > oldestNow)
  return {
    rows: shown.map((row) => now.get(row.id) ?? row),
    // Older ones come onto the page as others leave the list.
    fresh: page.filter(({ id }) => !known.has(id) && id > oldestShown).length,
    gone: new Set(shown.map(({ id }) => id).filter((id) => !now.has(id) && isCovered(id))),
  }
}
