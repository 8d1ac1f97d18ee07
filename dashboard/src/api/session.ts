import { queryOptions } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

export type Session = InferResponseType<typeof v1.session.$get, 200>

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => ask(v1.session.$get()),
  staleTime: Infinity,
})

export async function signIn(by: { key: string } | { portal_link: string }) {
  return ask(v1.session.$post({ json: by }))
}

export async function signOut() {
  return ask(v1.session.$delete())
}

/** Whether the session may change anything. */
export function mayChange(session: Session): boolean {
  return session.scope !== 'read'
}
