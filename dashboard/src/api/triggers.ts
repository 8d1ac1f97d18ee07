import { queryOptions } from '@tanstack/react-query'
import { ask, v1 } from './client.ts'

/** The catalogue, which changes only with the relay itself. */
export const triggersQuery = queryOptions({
  queryKey: ['triggers'],
  queryFn: async () => ask(v1.triggers.$get()),
  staleTime: Infinity,
})
