import { Burger } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useMatches } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { accountsQuery } from '../api/accounts.ts'
import { isEmbedded } from '../place.ts'
import { strings } from '../strings.ts'
import { Brand } from '../ui/brand.tsx'
import { EmptyPanel } from '../ui/empty-panel.tsx'
import { ErrorPanel } from '../ui/error-panel.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { useChosenAccount, useSession } from './account.ts'
import { AccountChooser } from './account-chooser.tsx'
import { FindBox } from './find-box.tsx'
import { Navigation } from './navigation.tsx'
import { Settings } from './settings.tsx'
import classes from './shell.module.css'

/** For an operator without accounts alone: what a form takes would be in the first load of everybody. */
const FirstAccount = lazy(async () => {
  const { FirstAccount: component } = await import('./first-account.tsx')
  return { default: component }
})

/** What stands around every page but sign-in. */
export function Shell() {
  const session = useSession()
  const account = useChosenAccount()
  const needsNoAccount = useMatches({
    select: (matches) => matches.some(({ staticData }) => staticData.needsNoAccount === true),
  })
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <a href="#main" className={classes['skip']}>
        {strings.nav.skip}
      </a>
      <header className={classes['header']} data-embedded={isEmbedded}>
        <div className={classes['bar']}>
          <Brand className={classes['brand'] ?? ''} />
          {account !== null && <FindBox />}
          <Burger
            className={classes['burger'] ?? ''}
            size="sm"
            opened={isOpen}
            aria-label={strings.nav.menu}
            aria-expanded={isOpen}
            onClick={() => setIsOpen(!isOpen)}
          />
          <div className={classes['menu']} data-open={isOpen}>
            <Navigation onGo={() => setIsOpen(false)} />
            <div className={classes['controls']}>
              {session.scope === 'admin' && <AccountChooser />}
              <Settings onGo={() => setIsOpen(false)} />
            </div>
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1} className={classes['main']}>
        {account === null && !needsNoAccount ? <NoAccount /> : <Outlet />}
      </main>
    </>
  )
}

function NoAccount() {
  const { data, error, refetch } = useQuery(accountsQuery)
  const { chooseAccount, chooseAccountWhy } = strings.shell
  if (error !== null) return <ErrorPanel error={error} retry={() => void refetch()} />
  if (data?.data.length === 0) {
    return (
      <>
        <PageHeader title={strings.firstAccount.page} />
        <Suspense>
          <FirstAccount />
        </Suspense>
      </>
    )
  }
  return (
    <>
      <PageHeader title={chooseAccount} />
      <EmptyPanel title={chooseAccount} why={chooseAccountWhy}>
        <AccountChooser />
      </EmptyPanel>
    </>
  )
}
