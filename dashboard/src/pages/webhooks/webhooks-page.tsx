import { Button, Skeleton, Stack } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { mayChange } from '../../api/session.ts'
import { webhooksQuery, type WebhookFilters } from '../../api/webhooks.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Filters } from './filters.tsx'
import { Paging } from './paging.tsx'
import { WebhookList } from './webhook-list.tsx'

const words = strings.webhooks

export function WebhooksPage() {
  const { account: _chosen, sort, cursor, ...filters } = useSearch({ from: '/signed-in/webhooks' })
  const account = useAccount()
  const canChange = mayChange(useSession())
  const navigate = useNavigate({ from: '/webhooks' })
  const { data, error, refetch } = useQuery({
    ...webhooksQuery(account, { ...filters, cursor }),
    placeholderData: keepPreviousData,
  })
  // A filter begins at the first page.
  const filter = (change: WebhookFilters) =>
    void navigate({ search: (now) => ({ ...now, ...change, cursor: undefined }), replace: true })
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  const add = canChange && (
    <Button renderRoot={(props) => <Link to="/webhooks/new" {...props} />}>{words.add}</Button>
  )
  return (
    <>
      <PageHeader title={words.title}>{add}</PageHeader>
      <Filters key={account} filters={filters} onFilter={filter} />
      <Stack gap="sm">
        {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
        {data === undefined && error === null && <Loading />}
        {data?.data.length === 0 &&
          (isFiltered ? (
            <EmptyPanel title={words.emptyFiltered} why={words.emptyFilteredWhy}>
              <Button variant="default" onClick={() => void navigate({ search: { sort }, replace: true })}>
                {strings.common.clear}
              </Button>
            </EmptyPanel>
          ) : (
            <EmptyPanel title={words.empty} why={words.emptyWhy}>
              {canChange && (
                <Button renderRoot={(props) => <Link to="/start" {...props} />}>{strings.start.begin}</Button>
              )}
            </EmptyPanel>
          ))}
        {data !== undefined && data.data.length > 0 && (
          <WebhookList
            // What is selected is of what is shown.
            key={JSON.stringify([account, filters, cursor])}
            webhooks={data.data}
            isWhole={cursor === undefined && data.next_cursor === null}
            canChange={canChange}
            sort={sort}
            onSort={(order) => void navigate({ search: (now) => ({ ...now, sort: order }), replace: true })}
          />
        )}
        <Paging cursor={cursor} next={data?.next_cursor ?? null} />
      </Stack>
    </>
  )
}

function Loading() {
  return (
    <Stack gap="xs" role="status" aria-label={strings.common.loading}>
      {[1, 2, 3, 4, 5].map((row) => (
        <Skeleton key={row} height={44} />
      ))}
    </Stack>
  )
}
