import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { accountQuery } from '../../api/accounts.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Access } from './access.tsx'
import { AccountSettings } from './account-settings.tsx'
import { Keys } from './keys.tsx'
import { Numbers } from './numbers.tsx'
import { Shards } from './shards.tsx'
import { TabLinks } from './tab-links.tsx'
import { ACCOUNT_TABS, OWN_TABS, type AccountTab } from './tabs.ts'

const words = strings.operator

/** One account: the chosen one of an admin, or one's own. */
export function AccountPage() {
  const search = useSearch({ from: '/signed-in/operator/account' })
  const id = useAccount()
  const isAdmin = useSession().scope === 'admin'
  const tabs = isAdmin ? ACCOUNT_TABS : OWN_TABS
  const tab = tabs.find((each) => each === search.tab) ?? 'settings'
  const { data, error, refetch } = useQuery(accountQuery(id))
  return (
    <>
      <PageHeader title={data?.name ?? words.accountTitle}>
        {isAdmin && (
          <Anchor renderRoot={(props) => <Link to="/operator" {...props} />}>{words.chooseAnother}</Anchor>
        )}
      </PageHeader>
      {error === null ? (
        <>
          <TabLinks tabs={tabs} words={words.accountTabs} to="/operator/account" shown={tab} />
          {/* Anew for another account: nothing that is typed for one is saved for another. */}
          <Part key={id} tab={tab} id={id} />
        </>
      ) : (
        <ErrorPanel error={error} retry={() => void refetch()} />
      )}
    </>
  )
}

function Part({ tab, id }: { tab: AccountTab; id: string }) {
  switch (tab) {
    case 'settings':
      return <AccountSettings id={id} />
    case 'keys':
      return <Keys account={id} />
    case 'numbers':
      return <Numbers account={id} />
    case 'sessions':
      return <Access account={id} />
    case 'shards':
      return <Shards account={id} />
  }
}
