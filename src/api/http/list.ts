import * as z from 'zod'
import { invalid } from './faults.ts'

export const NO_CURSOR = 'is not a cursor of this list with these filters'

/** The query of every list. */
export const listQuery = {
  limit: z.coerce.number<string>().int().min(1).max(250).default(50).describe('How many to answer with.'),
  cursor: z
    .string()
    .regex(/^[\w-]+$/, NO_CURSOR)
    .optional()
    .describe("The `next_cursor` of this list's last answer."),
}

/** The query of a list that is of one account; `accountFor` says which. */
export const accountListQuery = {
  ...listQuery,
  account_id: z
    .string()
    .optional()
    .describe('Whose. Required with a key that reaches every account; any other key acts for its own.'),
}

/** The body of every list's answer. */
export function listOf<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item),
    next_cursor: z.string().nullable().describe('Null at the end of the list.'),
  })
}

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

/**
 * The name of a list with its filters, for its cursors: `webhooks account_id=acc_… status=active`. The order of
 * the filters does not matter, and an absent one is as if it were not named.
 */
export function listName(list: string, filters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  )
  return [list, ...given.sort()].join(' ')
}

/** An opaque cursor: where a list, named by `list`, goes on after the item `after`. */
export function encodeCursor(list: string, after: string): string {
  return new TextEncoder()
    .encode(JSON.stringify([list, after]))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
}

const cursorContent = z.tuple([z.string(), z.string()])

/**
 * Where a list goes on; null for its start.
 * @throws Problem (422) where the cursor is not one of this list with these filters.
 */
export function decodeCursor(list: string, cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const content = cursorContent.safeParse(decoded(cursor))
  if (!content.success || content.data[0] !== list) {
    throw invalid([{ path: 'cursor', message: NO_CURSOR }])
  }
  return content.data[1]
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(cursor, { alphabet: 'base64url' })))
  } catch {
    return undefined
  }
}

/** A page of `rows`, which hold one more than `limit` where the list goes on. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  list: string,
  after: (row: Row) => string,
  view: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { data: shown.map(view), next_cursor: more ? encodeCursor(list, after(last)) : null }
}
