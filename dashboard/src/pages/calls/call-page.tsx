import { Button, Group, NativeSelect, Skeleton, Stack, Switch, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { callQuery } from '../../api/calls.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { isOpen, timedEvent, type CallEvent } from '../../timeline/call.ts'
import { followMs } from '../../timeline/follow.ts'
import { filtered } from '../../timeline/filter.ts'
import { sentenceOf } from '../../timeline/sentence.ts'
import { Timeline } from '../../timeline/timeline.tsx'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { Time } from '../../ui/time.tsx'
import type { CallSearch } from './call-search.ts'
import { CallTable } from './call-table.tsx'
import { DeliveryDrawer } from './delivery-drawer.tsx'
import classes from './calls.module.css'

const words = strings.call
/** Of a call that has no end so many pages are read by themselves: 1,000 events. */
const MOST_PAGES = 4
const MARKS = { good: '✓', waiting: '◐', bad: '▲', quiet: '○' }

export function CallPage() {
  const { callId } = useParams({ from: '/signed-in/calls/$callId' })
  return <CallView callId={callId} search={useSearch({ from: '/signed-in/calls/$callId' })} />
}

export function CallByQueryPage() {
  const search = useSearch({ from: '/signed-in/call' })
  return <CallView callId={search.call_id} search={search} />
}

function CallView({ callId, search }: { callId: string; search: CallSearch }) {
  const account = useAccount()
  const navigate = useNavigate()
  const [isPaused, setPaused] = useState(false)
  const query = useInfiniteQuery({
    ...callQuery(account, callId),
    refetchInterval: ({ state }) =>
      isPaused ? false : followMs(state.data?.pages.flatMap(({ events }) => events) ?? []),
    // Nobody looks at a tab that is hidden; it is read anew when it is seen again.
    refetchIntervalInBackground: false,
  })
  const { data, error, hasNextPage, isFetching, fetchNextPage, refetch, dataUpdatedAt } = query
  const pages = data?.pages ?? []
  const isToGoOn = hasNextPage && !isFetching && error === null && pages.length < MOST_PAGES
  useEffect(() => {
    if (isToGoOn) void fetchNextPage()
  }, [isToGoOn, fetchNextPage])

  const set = (change: CallSearch): void => {
    void navigate({ to: '.', search: (before) => ({ ...before, ...change }), replace: true })
  }
  const { webhook, only, delivery } = search
  const all = useMemo(() => data?.pages.flatMap((page) => page.events.map(timedEvent)) ?? [], [data])
  const events = useMemo(
    () => filtered(all, { webhookId: webhook, onlyFailures: only !== undefined }),
    [all, webhook, only],
  )
  // A large call takes a moment to draw, and is read anew each few seconds: what is done by hand comes before it.
  const shown = useDeferredValue(useMemo(() => ({ events, nowMs: dataUpdatedAt }), [events, dataUpdatedAt]))
  const sentence = useMemo(() => sentenceOf({ events: all }, !hasNextPage), [all, hasNextPage])
  const webhooks = useMemo(() => webhooksOf(all), [all])
  const isAnyOpen = isOpen({ events: all })
  const onOpen = useCallback(
    (id: string): void =>
      void navigate({ to: '.', search: (before) => ({ ...before, delivery: id }), replace: true }),
    [navigate],
  )
  const isShown = shown.events.some(({ deliveries }) => deliveries.length > 0) || all.every(hasNoDelivery)
  return (
    <>
      <PageHeader title={words.title(callId)}>
        {isAnyOpen && (
          <Button
            variant="default"
            size="xs"
            aria-pressed={!isPaused}
            onClick={() => setPaused((before) => !before)}
          >
            {isPaused ? words.follow : words.pause}
          </Button>
        )}
      </PageHeader>
      <Stack gap="md">
        {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
        {data === undefined && error === null && (
          <div role="status" aria-label={strings.common.loading}>
            <Skeleton height={260} />
          </div>
        )}
        {all.length > 0 && (
          <>
            <Head events={all} />
            <p className={`${classes['sentence']} ${classes[sentence.tone]}`} role="status">
              <span aria-hidden="true">{MARKS[sentence.tone]}</span> {sentence.text}
            </p>
            <Group gap="md" className={classes['filters'] ?? ''}>
              <NativeSelect
                aria-label={words.webhook}
                value={webhook ?? ''}
                data={[{ value: '', label: words.everyWebhook }, ...webhooks]}
                onChange={(event) => set({ webhook: event.currentTarget.value || undefined })}
              />
              <Switch
                label={words.onlyFailures}
                checked={only !== undefined}
                onChange={(event) => set({ only: event.currentTarget.checked ? 'failures' : undefined })}
              />
            </Group>
            {isShown ? (
              <Timeline call={shown} nowMs={shown.nowMs} label={sentence.text} onOpen={onOpen} />
            ) : (
              <EmptyPanel title={words.none} why={words.noneWhy} />
            )}
            {hasNextPage && pages.length >= MOST_PAGES && (
              <Group>
                <Text size="sm">{words.bounded(all.length)}</Text>
                <Button variant="default" loading={isFetching} onClick={() => void fetchNextPage()}>
                  {words.loadMore}
                </Button>
              </Group>
            )}
            <Title order={2}>{words.table}</Title>
            <CallTable shown={shown} onOpen={onOpen} />
          </>
        )}
      </Stack>
      <DeliveryDrawer
        deliveryId={delivery ?? null}
        events={all}
        nowMs={dataUpdatedAt}
        onClose={() => set({ delivery: undefined })}
      />
    </>
  )
}

function hasNoDelivery({ deliveries }: CallEvent): boolean {
  return deliveries.length === 0
}

function webhooksOf(events: readonly CallEvent[]): { value: string; label: string }[] {
  const names = new Map<string, string>()
  for (const { webhook_id, webhook_name } of events.flatMap(({ deliveries }) => deliveries)) {
    names.set(webhook_id, webhook_name ?? words.deletedWebhook)
  }
  return [...names].map(([value, label]) => ({ value, label }))
}

function Head({ events }: { events: readonly CallEvent[] }) {
  const [first] = events
  const last = events.at(-1)
  if (first === undefined || last === undefined) return null
  const number = events.find((event) => event.number !== null)?.number
  const kind =
    first.outbound_type === null ? '' : ` · ${strings.webhooks.outboundTypes[first.outbound_type] ?? ''}`
  return (
    <dl className={classes['facts']}>
      {number != null && (
        <div>
          <dt>{words.facts.number}</dt>
          <dd>{number}</dd>
        </div>
      )}
      <div>
        <dt>{words.facts.direction}</dt>
        <dd>{words.direction[first.call_type] + kind}</dd>
      </div>
      <div>
        <dt>{words.facts.began}</dt>
        <dd>
          <Time at={first.received_at} />
        </dd>
      </div>
      <div>
        <dt>{words.facts.last}</dt>
        <dd>
          <Time at={last.received_at} />
        </dd>
      </div>
    </dl>
  )
}
