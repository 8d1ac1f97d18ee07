import { useSearch } from '@tanstack/react-router'
import { strings } from '../../strings.ts'
import { PageHeader } from '../../ui/page-header.tsx'
import { TabLinks } from './tab-links.tsx'
import { Accounts } from './accounts.tsx'
import { EncryptionKey } from './encryption.tsx'
import { Keys } from './keys.tsx'
import { OPERATOR_TABS, type OperatorTab } from './tabs.ts'

const words = strings.operator

/** What is of no account, or of all of them. */
export function OperatorPage() {
  const { tab = 'accounts' } = useSearch({ from: '/signed-in/operator' })
  return (
    <>
      <PageHeader title={words.title} />
      <TabLinks tabs={OPERATOR_TABS} words={words.tabs} to="/operator" shown={tab} />
      <Part tab={tab} />
    </>
  )
}

function Part({ tab }: { tab: OperatorTab }) {
  switch (tab) {
    case 'accounts':
      return <Accounts />
    case 'keys':
      return <Keys account={null} />
    case 'encryption':
      return <EncryptionKey />
  }
}
