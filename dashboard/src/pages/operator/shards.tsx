import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { shardsQuery, type Shard, type Shards as Answer } from '../../api/shards.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { Records, type Column } from '../../ui/records.tsx'
import { StatusBadge, type Tone } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { bytesText, fullest, percentText, warningOf, type Warning } from './fill.ts'
import operator from './operator.module.css'
import classes from './shards.module.css'

const words = strings.operator.shards
const { columns } = words
const TONES: Record<Warning, Tone> = { filling: 'warn', full: 'bad' }

/** How full each shard of an account is, and what waits in it. */
export function Shards({ account }: { account: string }) {
  const { data, error, refetch } = useQuery(shardsQuery(account))
  if (error !== null) return <ErrorPanel error={error} retry={() => void refetch()} />
  if (data === undefined) return <LoadingRows />
  return (
    <Stack>
      <Text c="dimmed">{words.why(data.data.length, bytesText(data.limit_bytes))}</Text>
      <Warned shards={data.data} />
      <Records
        label={strings.operator.accountTabs.shards}
        columns={columnsOf(data)}
        rows={data.data}
        idOf={({ shard }) => String(shard)}
      />
    </Stack>
  )
}

/** What is to be done, if there is. */
function Warned({ shards }: { shards: readonly Shard[] }) {
  const [first, ...others] = fullest(shards)
  if (first === undefined) return null
  return (
    <div className={operator['note']}>
      <Text fw={600}>{words.warning(first.shard, percentText(first.share), others.length)}</Text>
      <Text>{words.warnings[first.warning]}</Text>
      <Text>{words.whatHelps}</Text>
    </div>
  )
}

function columnsOf({ limit_bytes }: Answer): Column<Shard>[] {
  return [
    { title: columns.shard, kind: 'short', cell: ({ shard }) => <span>{shard}</span> },
    { title: columns.fill, cell: (shard) => <Fill shard={shard} limit={limit_bytes} /> },
    {
      title: columns.oldest,
      cell: ({ reached, oldest_event_at: at }) =>
        at === null ? <span>{reached ? words.noEvent : '–'}</span> : <Time at={at} />,
    },
    { title: columns.waiting, cell: (shard) => <Waits shard={shard} /> },
  ]
}

function Fill({ shard: { bytes, share }, limit }: { shard: Shard; limit: number }) {
  if (bytes === null || share === null) {
    return (
      <div>
        <StatusBadge tone="quiet">{words.notReached}</StatusBadge>
        <Text size="xs" c="dimmed">
          {words.notReachedWhy}
        </Text>
      </div>
    )
  }
  const warning = warningOf(share)
  return (
    <div className={classes['fill']}>
      <div className={classes['line']}>
        <span>{words.fill(bytesText(bytes), bytesText(limit), percentText(share))}</span>
        {warning !== null && <StatusBadge tone={TONES[warning]}>{words.badges[warning]}</StatusBadge>}
      </div>
      {/* The line above it says the same. */}
      <div className={classes['bar']} data-warning={warning ?? undefined} aria-hidden="true">
        <div style={{ width: `${Math.min(1, share) * 100}%` }} />
      </div>
    </div>
  )
}

function Waits({ shard: { waiting, held, oldest_waiting_at: at } }: { shard: Shard }) {
  if (waiting === null || held === null) return <span>–</span>
  return (
    <div>
      <Text size="sm">{words.waits(waiting, held)}</Text>
      {at !== null && (
        <Text size="xs" c="dimmed">
          {words.since} <Time at={at} />
        </Text>
      )}
    </div>
  )
}
