import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { sessionQuery } from './api/session.ts'
import { ApiProblem } from './api/problem.ts'

const RETRIES = 2

/** @param onSignedOut what to do once any answer says that nobody is signed in any more */
export function newQueries(onSignedOut: (problem: ApiProblem) => void): QueryClient {
  const watch = (error: Error): void => {
    if (error instanceof ApiProblem && error.isSignedOut) onSignedOut(error)
  }
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, { queryKey }) => {
        // Whether anybody is signed in is asked by the router, which goes to sign-in by itself.
        if (queryKey[0] !== sessionQuery.queryKey[0]) watch(error)
      },
    }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, { options }) => {
        // A key that is wrong is no session that is over.
        if (options.mutationKey?.[0] !== 'sign-in') watch(error)
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => count < RETRIES && error instanceof ApiProblem && error.mayPass,
      },
    },
  })
}
