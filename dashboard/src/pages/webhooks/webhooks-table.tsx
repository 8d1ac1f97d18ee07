import { Table } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { triggersQuery } from '../../api/triggers.ts'
import type { Volumes } from '../../api/webhooks-stats.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { WebhookRow, type RowProps } from './webhook-row.tsx'
import type { Order } from './search.ts'
import classes from './webhooks-table.module.css'

const { columns, table } = strings.webhooks
/** The columns that the page can be in the order of. */
const SORTS: Partial<Record<keyof typeof columns, Order>> = { name: 'name', status: 'status' }

/** The columns of the product's own page, health, and the last 24 hours. */
export function WebhooksTable({
  webhooks,
  volumes,
  selected,
  busy,
  sort,
  canChange,
  onSort,
  ...handlers
}: {
  webhooks: Webhook[]
  /** undefined: not there yet; null: could not be had. */
  volumes: Volumes | null | undefined
  selected: ReadonlySet<string>
  busy: ReadonlySet<string>
  sort: Order | undefined
  canChange: boolean
  onSort: (order: Order | undefined) => void
} & Pick<RowProps, 'onSelect' | 'onAction'>) {
  const { data } = useQuery(triggersQuery)
  const triggerNames = useMemo(() => new Map(data?.data.map(({ slug, name }) => [slug, name])), [data])
  const shown = Object.entries(columns).filter(
    ([column]) => canChange || (column !== 'select' && column !== 'action'),
  )
  return (
    <Table className={classes['table'] ?? ''} aria-label={table}>
      <Table.Thead>
        <Table.Tr>
          {shown.map(([column, title]) => {
            // Safe: the entries are those of `columns`.
            const order = SORTS[column as keyof typeof columns]
            if (column === 'select')
              return (
                <Table.Th key={column} className={classes['select'] ?? ''}>
                  <span className={classes['unseen']}>{title}</span>
                </Table.Th>
              )
            if (order === undefined) return <Table.Th key={column}>{title}</Table.Th>
            const isSorted = sort === order
            return (
              <Table.Th key={column} aria-sort={isSorted ? 'ascending' : 'none'}>
                <button
                  type="button"
                  className={classes['sort']}
                  onClick={() => onSort(isSorted ? undefined : order)}
                >
                  {title}
                  <span aria-hidden="true">{isSorted ? '↑' : '↕'}</span>
                </button>
              </Table.Th>
            )
          })}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {webhooks.map((webhook) => (
          <WebhookRow
            key={webhook.id}
            webhook={webhook}
            triggerNames={triggerNames}
            volume={volumes == null ? volumes : volumes.get(webhook.id)}
            canChange={canChange}
            isSelected={selected.has(webhook.id)}
            isBusy={busy.has(webhook.id)}
            {...handlers}
          />
        ))}
      </Table.Tbody>
    </Table>
  )
}
