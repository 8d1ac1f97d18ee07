import { Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { replaysQuery, type Replay } from '../../api/replays.ts'
import { useWebhookNames } from '../../api/webhook-names.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import lists from '../../ui/list.module.css'
import { Pages } from '../../ui/list-pages.tsx'
import { LoadingList } from '../../ui/loading-list.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { WebhookFilter } from '../../ui/webhook-filter.tsx'
import { WebhookName } from '../../ui/webhook-name.tsx'
import { EVER } from '../../find/retry-what.ts'
import { ReplayProgress } from './replay-progress.tsx'

const words = strings.replays
const { columns } = words

export function ReplaysPage() {
  const { cursor, webhook_id } = useSearch({ from: '/signed-in/replays' })
  const account = useAccount()
  const navigate = useNavigate({ from: '/replays' })
  const { data, error, refetch } = useQuery({
    ...replaysQuery(account, { cursor, webhook_id }),
    placeholderData: keepPreviousData,
  })
  return (
    <>
      <PageHeader title={words.title} />
      <div className={lists['filters']} role="search" aria-label={strings.lists.filters}>
        <WebhookFilter
          account={account}
          value={webhook_id}
          onFilter={(id) => void navigate({ search: { webhook_id: id }, replace: true })}
        />
      </div>
      <Stack>
        {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
        {data === undefined && error === null && <LoadingList />}
        {data?.data.length === 0 && <EmptyPanel title={words.empty} why={words.emptyWhy} />}
        {data !== undefined && data.data.length > 0 && <ReplaysTable replays={data.data} />}
        <Pages
          isFirst={cursor === undefined}
          nextCursor={data?.next_cursor ?? undefined}
          onGo={(to) => void navigate({ search: { webhook_id, cursor: to } })}
        />
      </Stack>
    </>
  )
}

function ReplaysTable({ replays }: { replays: Replay[] }) {
  const nameOf = useWebhookNames(
    useAccount(),
    replays.map(({ webhook_id }) => webhook_id),
  )
  return (
    <Table className={lists['table'] ?? ''}>
      <Table.Thead>
        <Table.Tr>
          {Object.entries(columns).map(([name, title]) => (
            <Table.Th key={name}>{title}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {replays.map((replay) => {
          const { id, webhook_id, status, statuses, since, until, created_at, completed_at } = replay
          const name = nameOf(webhook_id)
          return (
            <Table.Tr key={id}>
              <Table.Td data-label={columns.started} className={lists['nowrap'] ?? ''}>
                <Time at={created_at} />
              </Table.Td>
              <Table.Td data-label={columns.webhook}>
                <WebhookName id={webhook_id} name={name} />
              </Table.Td>
              <Table.Td data-label={columns.of}>
                <div>
                  <div className={lists['badges']}>
                    {statuses.map((each) => (
                      <DeliveryBadge key={each} status={each} />
                    ))}
                  </div>
                  <Text size="sm" c="dimmed">
                    {Date.parse(since) > Date.parse(EVER) && (
                      <>
                        {words.from} <Time at={since} />{' '}
                      </>
                    )}
                    {words.until} <Time at={until} />
                  </Text>
                </div>
              </Table.Td>
              <Table.Td data-label={columns.progress}>
                <ReplayProgress replay={replay} of={name ?? webhook_id} />
              </Table.Td>
              <Table.Td data-label={columns.status}>
                {status === 'running' ? (
                  <StatusBadge tone="warn">{words.running}</StatusBadge>
                ) : (
                  <StatusBadge tone="good">{words.done}</StatusBadge>
                )}
              </Table.Td>
              <Table.Td data-label={columns.ended} className={lists['nowrap'] ?? ''}>
                {completed_at === null ? <span>{words.notYet}</span> : <Time at={completed_at} />}
              </Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}
