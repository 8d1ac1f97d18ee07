import { Stack, Text } from '@mantine/core'
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
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Records, type Column } from '../../ui/records.tsx'
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
        {data === undefined && error === null && <LoadingRows />}
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
  const all: Column<Replay>[] = [
    { title: columns.started, kind: 'short', cell: ({ created_at }) => <Time at={created_at} /> },
    {
      title: columns.webhook,
      cell: ({ webhook_id }) => <WebhookName id={webhook_id} name={nameOf(webhook_id)} />,
    },
    { title: columns.of, cell: (replay) => <What replay={replay} /> },
    {
      title: columns.progress,
      cell: (replay) => (
        <ReplayProgress replay={replay} of={nameOf(replay.webhook_id) ?? replay.webhook_id} />
      ),
    },
    {
      title: columns.status,
      cell: ({ status }) =>
        status === 'running' ? (
          <StatusBadge tone="warn">{words.running}</StatusBadge>
        ) : (
          <StatusBadge tone="good">{words.done}</StatusBadge>
        ),
    },
    {
      title: columns.ended,
      kind: 'short',
      cell: ({ completed_at }) =>
        completed_at === null ? <span>{words.notYet}</span> : <Time at={completed_at} />,
    },
  ]
  return <Records label={words.title} columns={all} rows={replays} idOf={({ id }) => id} />
}

/** Deliveries that ended how, and of what time. */
function What({ replay: { statuses, since, until } }: { replay: Replay }) {
  return (
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
  )
}
