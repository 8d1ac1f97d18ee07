import { Button, Stack } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { callsQuery, type CallFilters } from '../../api/call-list.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LookingOn, Pages } from '../../ui/list-pages.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { usePortions } from '../../ui/use-portions.ts'
import { CallFiltersForm } from './call-filters.tsx'
import { CallsTable } from './calls-table.tsx'

const words = strings.calls

export function CallsPage() {
  const { cursor, account: _account, ...filters } = useSearch({ from: '/signed-in/calls' })
  const account = useAccount()
  const navigate = useNavigate({ from: '/calls' })
  const portions = usePortions(callsQuery(account, filters, cursor))
  const { items, error, retry, state, nextCursor } = portions
  // A filter begins at the first page; `account` stays by itself.
  const filter = (chosen: CallFilters) => void navigate({ search: chosen, replace: true })
  return (
    <>
      <PageHeader title={words.title} />
      <CallFiltersForm filters={filters} onFilter={filter} />
      <Stack>
        {error !== null && <ErrorPanel error={error} retry={retry} />}
        {items === undefined && error === null && <LoadingRows />}
        {items !== undefined && items.length > 0 && <CallsTable calls={items} />}
        {items?.length === 0 && state === 'done' && <NoCalls filters={filters} onClear={() => filter({})} />}
        <LookingOn portions={portions} />
        <Pages
          isFirst={cursor === undefined}
          nextCursor={nextCursor}
          onGo={(to) => void navigate({ search: { ...filters, cursor: to } })}
        />
      </Stack>
    </>
  )
}

/** Says what was looked for. */
function NoCalls({ filters, onClear }: { filters: CallFilters; onClear: () => void }) {
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  if (!isFiltered) return <EmptyPanel title={words.empty} why={words.emptyWhy} />
  const { number } = filters
  const why = [...(number === undefined ? [] : [words.emptyNumber(number)]), words.emptyFilteredWhy].join(' ')
  return (
    <EmptyPanel title={words.emptyFiltered} why={why}>
      <Button variant="default" onClick={onClear}>
        {strings.common.clear}
      </Button>
    </EmptyPanel>
  )
}
