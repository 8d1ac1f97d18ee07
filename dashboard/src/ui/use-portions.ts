import {
  useInfiniteQuery,
  type QueryKey,
  type UseInfiniteQueryOptions,
  type InfiniteData,
} from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Portion } from '../api/portions.ts'

/** So often it is looked on before somebody has to ask for more. */
const LOOKS_BY_ITSELF = 20

export interface Portions<T> {
  /** Undefined before the first answer. */
  items: T[] | undefined
  error: Error | null
  retry: () => void
  /** `looking`: it goes on by itself; `stopped`: there is more to look through, and nobody does. */
  state: 'looking' | 'stopped' | 'done'
  looks: number
  stop: () => void
  lookOn: () => void
  /** Where the next page begins, if this one is done. */
  nextCursor: string | undefined
}

/** Reads a page of a list portion by portion: a bounded number of times by itself, until it is full or the list ends. */
export function usePortions<T, K extends QueryKey, P>(
  query: UseInfiniteQueryOptions<Portion<T>, Error, InfiniteData<Portion<T>>, K, P>,
): Portions<T> {
  const { data, error, refetch, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(query)
  const key = JSON.stringify(query.queryKey)
  const [allowed, setAllowed] = useState({ key, looks: LOOKS_BY_ITSELF })
  // Another list, or another page of it, begins anew.
  const most = allowed.key === key ? allowed.looks : LOOKS_BY_ITSELF
  const looks = data?.pages.length ?? 0
  const goesOn = hasNextPage && error === null && looks < most
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage()
  }, [goesOn, isFetching, fetchNextPage])
  return {
    items: data?.pages.flatMap((portion) => portion.data),
    error,
    retry: () => void refetch(),
    state: !hasNextPage ? 'done' : goesOn ? 'looking' : 'stopped',
    looks,
    stop: () => setAllowed({ key, looks: 0 }),
    lookOn: () => setAllowed({ key, looks: looks + LOOKS_BY_ITSELF }),
    nextCursor: hasNextPage ? undefined : (data?.pages.at(-1)?.next_cursor ?? undefined),
  }
}
