import { Button, Stack } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { deliveriesQuery, type DeliveryFilters } from '../../api/deliveries.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LookingOn, Pages } from '../../ui/list-pages.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { usePortions } from '../../ui/use-portions.ts'
import { DeliveriesTable } from './deliveries-table.tsx'
import { DeliveryFiltersForm } from './delivery-filters.tsx'
import { RetryAll } from './retry-all.tsx'

const words = strings.deliveries

export function DeliveriesPage() {
  const { cursor, account: _account, ...filters } = useSearch({ from: '/signed-in/deliveries' })
  const account = useAccount()
  const navigate = useNavigate({ from: '/deliveries' })
  const portions = usePortions(deliveriesQuery(account, filters, cursor))
  const { items, error, retry, state, nextCursor } = portions
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  // A filter begins at the first page; `account` stays by itself.
  const filter = (chosen: DeliveryFilters) => void navigate({ search: chosen, replace: true })
  return (
    <>
      <PageHeader title={words.title}>
        <RetryAll filters={filters} />
      </PageHeader>
      <DeliveryFiltersForm filters={filters} onFilter={filter} />
      <Stack>
        {error !== null && <ErrorPanel error={error} retry={retry} />}
        {items === undefined && error === null && <LoadingRows />}
        {items !== undefined && items.length > 0 && <DeliveriesTable deliveries={items} />}
        {items?.length === 0 && state === 'done' && (
          <EmptyPanel
            title={isFiltered ? words.emptyFiltered : words.empty}
            why={isFiltered ? words.emptyFilteredWhy : words.emptyWhy}
          >
            {isFiltered && (
              <Button variant="default" onClick={() => filter({})}>
                {strings.common.clear}
              </Button>
            )}
          </EmptyPanel>
        )}
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
