/** Names by ids. */
export type Names = ReadonlyMap<string, string>

/** What of an entry of the log says how something is called. */
export interface Told {
  readonly object_id: string
  readonly before: Record<string, unknown> | null
  readonly after: Record<string, unknown> | null
}

interface Named {
  readonly id: string
  readonly name: string
}

/**
 * The names of what the entries speak of: as they are now if that is known, else as the newest entry has them. What is
 * deleted is still called by its name so.
 */
export function namesOf(entries: readonly Told[], ...known: readonly (readonly Named[])[]): Names {
  const names = new Map<string, string>()
  for (const { id, name } of known.flat()) names.set(id, name)
  for (const { object_id, before, after } of entries) {
    const name = nameIn(after) ?? nameIn(before)
    if (name !== null && !names.has(object_id)) names.set(object_id, name)
  }
  return names
}

/**
 * What a session is called: its user, or the key that it was opened with.
 * @returns null if nothing is known of either
 */
export function sessionName(
  session: { readonly key_id: string | null; readonly user: { readonly name: string } | null },
  keys: readonly Named[],
): string | null {
  return session.user?.name ?? keys.find(({ id }) => id === session.key_id)?.name ?? null
}

/** Of a webhook, a key or an account its name; of a session or a portal link its user's. */
function nameIn(state: Record<string, unknown> | null): string | null {
  if (state === null) return null
  const { name, user } = state
  if (typeof name === 'string') return name
  if (typeof user === 'object' && user !== null && 'name' in user && typeof user.name === 'string')
    return user.name
  return null
}

/** An id of the relay's, short enough for a table: its kind and its end, by which it is told from others. */
export function shortId(id: string): string {
  const [, kind = '', end = ''] =
    /^([a-z]{2,4}_)[0-9A-HJKMNP-TV-Z]{20}([0-9A-HJKMNP-TV-Z]{6})$/.exec(id) ?? []
  return kind === '' ? id : `${kind}…${end}`
}
