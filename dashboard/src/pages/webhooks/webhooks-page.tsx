import { Button, Group, SegmentedControl, Skeleton, Stack, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { mayChange } from '../../api/session.ts'
import { STATUSES, webhooksQuery, type WebhookFilters } from '../../api/webhooks.ts'
import { oneOf, textOf } from '../../search.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { WebhooksTable } from './webhooks-table.tsx'
import classes from './webhooks-page.module.css'

const TYPING_MS = 250
const words = strings.webhooks

export function WebhooksPage() {
  const { status, q, cursor } = useSearch({ from: '/signed-in/webhooks' })
  const account = useAccount()
  const canChange = mayChange(useSession())
  const navigate = useNavigate({ from: '/webhooks' })
  const { data, error, refetch } = useQuery({
    ...webhooksQuery(account, { status, q, cursor }),
    placeholderData: keepPreviousData,
  })
  // A filter begins at the first page; `account` stays by itself.
  const filter = (filters: WebhookFilters) => void navigate({ search: filters, replace: true })
  const isFiltered = status !== undefined || q !== undefined
  return (
    <>
      <PageHeader title={words.title} />
      <Filters key={account} status={status} q={q} onFilter={filter} />
      <Stack>
        {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
        {data === undefined && error === null && <Loading />}
        {data?.data.length === 0 && (
          <EmptyPanel
            title={isFiltered ? words.emptyFiltered : words.empty}
            why={isFiltered ? words.emptyFilteredWhy : words.emptyWhy}
          >
            {isFiltered ? (
              <Button variant="default" onClick={() => filter({})}>
                {strings.common.clear}
              </Button>
            ) : (
              canChange && (
                <Button renderRoot={(props) => <Link to="/start" {...props} />}>{strings.start.begin}</Button>
              )
            )}
          </EmptyPanel>
        )}
        {data !== undefined && data.data.length > 0 && <WebhooksTable webhooks={data.data} />}
        <Group justify="flex-end">
          {cursor !== undefined && (
            <Button variant="default" onClick={() => filter({ status, q })}>
              {strings.common.first}
            </Button>
          )}
          {data?.next_cursor != null && (
            <Button
              variant="default"
              onClick={() => void navigate({ search: { status, q, cursor: data.next_cursor ?? undefined } })}
            >
              {strings.common.next}
            </Button>
          )}
        </Group>
      </Stack>
    </>
  )
}

function Filters({
  status,
  q,
  onFilter,
}: Pick<WebhookFilters, 'status' | 'q'> & { onFilter: (filters: WebhookFilters) => void }) {
  const search = useDebouncedCallback(
    (text: string) => onFilter({ status, q: textOf(text.trim()) }),
    TYPING_MS,
  )
  return (
    <div className={classes['filters']}>
      <TextInput
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        // Anew if the URL says another than was typed, as after "Clear the filters".
        key={q === undefined ? 'none' : 'some'}
        defaultValue={q ?? ''}
        onChange={(event) => search(event.currentTarget.value)}
      />
      <SegmentedControl
        size="xs"
        aria-label={words.filterStatus}
        value={status ?? 'all'}
        data={[
          { value: 'all', label: strings.common.all },
          ...STATUSES.map((value) => ({ value, label: strings.status[value] })),
        ]}
        onChange={(value) => onFilter({ q, status: oneOf(STATUSES, value) })}
      />
    </div>
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
