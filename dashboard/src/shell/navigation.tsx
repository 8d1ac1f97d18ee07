import { Link } from '@tanstack/react-router'
import { strings } from '../strings.ts'
import classes from './shell.module.css'

/** The pages that there are. */
const PAGES = [
  { to: '/webhooks', label: strings.nav.webhooks },
  { to: '/calls', label: strings.calls.title },
  { to: '/deliveries', label: strings.deliveries.title },
  { to: '/replays', label: strings.replays.title },
] as const

export function Navigation({ onGo }: { onGo: () => void }) {
  return (
    <nav aria-label={strings.nav.label} className={classes['nav']}>
      {PAGES.map(({ to, label }) => (
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
