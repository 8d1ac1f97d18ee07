import { Anchor, type AnchorProps } from '@mantine/core'
import { useRouter, useSearch } from '@tanstack/react-router'
import type { MouseEvent, ReactNode } from 'react'
import { hrefOf } from '../place.ts'

/** The address of a page by its path, at which the same account's data is shown. */
export function useHref(): (to: string) => string {
  const { account } = useSearch({ from: '/signed-in' })
  return (to) => hrefOf(to, account)
}

/** A link to a page by its path, without a reload; whose data is shown stays. */
export function PathLink({
  to,
  children,
  ...more
}: { to: string; children: ReactNode; title?: string } & AnchorProps) {
  const router = useRouter()
  const href = useHref()(to)
  const go = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    router.history.push(href)
  }
  return (
    <Anchor href={href} onClick={go} inherit {...more}>
      {children}
    </Anchor>
  )
}
