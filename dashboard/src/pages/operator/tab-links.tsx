import { Link } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import type { AccountTab, OperatorTab } from './tabs.ts'
import classes from './operator.module.css'

/** The parts of a page. Each is a link: the URL says which is shown. */
export function TabLinks<T extends OperatorTab | AccountTab>({
  tabs,
  words,
  to,
  shown,
}: {
  tabs: readonly T[]
  words: Record<T, string>
  to: '/operator' | '/operator/account'
  shown: T
}) {
  return (
    <nav aria-label={strings.operator.tabsLabel} className={classes['tabs']}>
      {tabs.map((tab, index) => (
        <Link
          key={tab}
          to={to}
          search={index === 0 ? {} : { tab }}
          activeOptions={{ exact: true }}
          className={classes['tab']}
          aria-current={tab === shown ? 'page' : undefined}
        >
          {words[tab]}
        </Link>
      ))}
    </nav>
  )
}
