import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { WebhookDetail } from '../../api/webhook.ts'
import { webhookDeliveriesQuery, type Delivery, type DeliveryFilters } from '../../api/webhook-deliveries.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import classes from './deliveries.module.css'
import { DeliveryTable } from './delivery-table.tsx'
import { follow } from './follow.ts'

const words = strings.webhook.deliveries

/** One page. On the first, what comes meanwhile is counted and comes in when it is asked for: nothing moves by itself. */
export function DeliveryList({
  webhook,
  filters,
  onPage,
  onClear,
}: {
  webhook: WebhookDetail
  filters: DeliveryFilters
  onPage: (cursor: string | undefined) => void
  onClear: () => void
}) {
  const { data, error, refetch } = useQuery(webhookDeliveriesQuery(webhook.account_id, webhook.id, filters))
  const [page, setPage] = useState(data)
  const [shown, setShown] = useState<readonly Delivery[] | null>(data?.data ?? null)
  const { cursor, ...others } = filters
  const isFirst = cursor === undefined
  const isFiltered = Object.values(others).some((each) => each !== undefined)
  const followed = follow(shown ?? [], page?.data ?? [], page?.next_cursor == null)
  if (data !== undefined && data !== page) {
    setPage(data)
    // Nobody reads a list that is empty: what comes first is shown at once.
    setShown(
      shown === null || shown.length === 0
        ? data.data
        : follow(shown, data.data, data.next_cursor === null).rows,
    )
  }
  const { rows, fresh, gone } = followed
  const list = useRef<HTMLDivElement>(null)
  const showFresh = () => {
    if (page !== undefined) setShown(page.data)
    // The button goes, and the new rows are at the top.
    list.current?.focus({ preventScroll: true })
    if ((list.current?.getBoundingClientRect().top ?? 0) < 0) list.current?.scrollIntoView()
  }
  return (
    <div className={classes['list']} ref={list} tabIndex={-1} role="group" aria-label={words.title}>
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {isFirst && (
        <div className={classes['fresh']} role="status">
          {fresh > 0 && page !== undefined && (
            <Button size="compact-sm" onClick={showFresh}>
              {words.fresh(fresh, page.data.length === fresh)}
            </Button>
          )}
        </div>
      )}
      {shown === null && error === null && <Loading />}
      {shown !== null && rows.length === 0 && (
        <div className={classes['empty']}>
          <EmptyPanel
            title={isFiltered ? words.emptyFiltered : words.empty}
            why={isFiltered ? words.emptyFilteredWhy : words.emptyWhy}
          >
            {isFiltered && (
              <Button variant="default" onClick={onClear}>
                {strings.common.clear}
              </Button>
            )}
          </EmptyPanel>
        </div>
      )}
      {rows.length > 0 && <DeliveryTable webhook={webhook} deliveries={rows} gone={gone} />}
      <Group justify="space-between" className={classes['foot'] ?? ''}>
        <span className={classes['live']} data-live={isFirst && error === null}>
          {isFirst && (error === null ? words.following : words.notFollowing)}
        </span>
        <Group gap="xs">
          {!isFirst && (
            <Button size="xs" variant="default" onClick={() => onPage(undefined)}>
              {words.newest}
            </Button>
          )}
          {page?.next_cursor != null && (
            <Button size="xs" variant="default" onClick={() => onPage(page.next_cursor ?? undefined)}>
              {words.older}
            </Button>
          )}
        </Group>
      </Group>
    </div>
  )
}

function Loading() {
  return (
    <Stack gap="xs" p="sm" role="status" aria-label={strings.common.loading}>
      {[1, 2, 3, 4, 5, 6].map((row) => (
        <Skeleton key={row} height={32} />
      ))}
    </Stack>
  )
}
