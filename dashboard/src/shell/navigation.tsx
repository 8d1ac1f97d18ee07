import { Link } from '@tanstack/react-router'
import { isEmbedded } from '../place.ts'
import { strings } from '../strings.ts'
import { useSession } from './account.ts'
import classes from './shell.module.css'

/** The pages that there are. */
const PAGES = [
  { to: '/webhooks', label: strings.nav.webhooks },
  { to: '/calls', label: strings.calls.title },
  { to: '/deliveries', label: strings.deliveries.title },
  { to: '/replays', label: strings.replays.title },
  { to: '/audit', label: strings.nav.audit },
] as const

const OPERATORS = { to: '/operator', label: strings.nav.operator } as const
const CUSTOMERS = { to: '/operator/account', label: strings.nav.account } as const

export function Navigation({ onGo }: { onGo: () => void }) {
  const session = useSession()
  // A panel has its own page for what the account is.
  const own = session.scope === 'admin' ? OPERATORS : CUSTOMERS
  const pages = isEmbedded ? PAGES : [...PAGES, own]
  return (
    <nav aria-label={strings.nav.label} className={classes['nav']}>
      {pages.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          className={classes['link']}
          activeProps={{ 'aria-current': 'page' }}
          onClick={onGo}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}
