import { useSuspenseQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { sessionQuery, type Session } from '../api/session.ts'

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data
}

/** Whose data is shown: the session's own account, or the one that an admin has chosen, if any. */
export function useChosenAccount(): string | null {
  const { account } = useSearch({ from: '/signed-in' })
  const session = useSession()
  return session.account_id ?? account ?? null
}

/** The same on a page, which the shell shows only once an account is chosen. */
export function useAccount(): string {
  const account = useChosenAccount()
  if (account === null) throw new Error('no account is chosen')
  return account
}
