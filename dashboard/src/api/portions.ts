/**
 * A page of a list that the API may answer in portions: it looks at a bounded number of rows for each answer, so one may
 * hold little or nothing and go on all the same.
 */
import { infiniteQueryOptions } from '@tanstack/react-query'

const PAGE = 50

export interface Portion<T> {
  data: T[]
  next_cursor: string | null
}

interface Asked {
  cursor?: string
  limit: string
}

/** @param cursor where the page begins; the start of the list if it is left out */
export function portionsQuery<T>(
  queryKey: readonly unknown[],
  cursor: string | undefined,
  read: (asked: Asked) => Promise<Portion<T>>,
) {
  const first: Asked = { limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) }
  return infiniteQueryOptions({
    queryKey: [...queryKey, cursor ?? null],
    queryFn: async ({ pageParam }) => read(pageParam),
    initialPageParam: first,
    getNextPageParam: ({ next_cursor }, portions): Asked | null => {
      const rest = PAGE - portions.reduce((sum, { data }) => sum + data.length, 0)
      return next_cursor === null || rest <= 0 ? null : { cursor: next_cursor, limit: String(rest) }
    },
  })
}
