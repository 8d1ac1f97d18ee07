import { Table, Text } from '@mantine/core'
import { memo } from 'react'
import { strings } from '../../strings.ts'
import type { Status } from '../../timeline/call.ts'
import { lasting } from '../../timeline/duration.ts'
import { rowsOf, type Row } from '../../timeline/rows.ts'
import type { Call } from '../../timeline/call.ts'
import { StatusBadge, type Tone } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import classes from './calls.module.css'

const words = strings.call
const { columns } = words

export const STATUS_TONES: Record<Status, Tone> = {
  pending: 'quiet',
  held: 'warn',
  succeeded: 'good',
  failed: 'bad',
  expired: 'bad',
  discarded: 'quiet',
}

/** All that the picture says, in words. */
export const CallTable = memo(function CallTable({
  events,
  nowMs,
  onOpen,
}: {
  events: Call['events']
  nowMs: number
  onOpen: (deliveryId: string) => void
}) {
  return (
    <Table className={classes['table'] ?? ''}>
      <Table.Thead>
        <Table.Tr>
          {Object.entries(columns).map(([name, title]) => (
            <Table.Th key={name}>{title}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rowsOf({ events }, nowMs).map((row) =>
          row.kind === 'event' ? (
            <EventRow key={row.event.id} row={row} />
          ) : (
            <DeliveryRow key={row.delivery.id} row={row} onOpen={onOpen} />
          ),
        )}
      </Table.Tbody>
    </Table>
  )
})

function EventRow({ row: { event, notes } }: { row: Extract<Row, { kind: 'event' }> }) {
  return (
    <Table.Tr className={classes['event'] ?? ''}>
      <Table.Td colSpan={5}>
        <div>
          <strong>#{event.position}</strong> {event.trigger.replaceAll('_', ' ')}{' '}
          <Text span size="sm" c="dimmed">
            <Time at={event.received_at} />
          </Text>
          {notes.map((note) => (
            <div key={note} className={classes['note']}>
              {note}
            </div>
          ))}
          {event.skipped.length > 0 && (
            <details className={classes['skipped']}>
              <summary>{words.skipped(event.skipped.length)}</summary>
              <ul>
                {event.skipped.map(({ webhook_id, why }) => (
                  <li key={webhook_id}>
                    <code>{webhook_id}</code>: {words.why[why]}
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      </Table.Td>
    </Table.Tr>
  )
}

function DeliveryRow({
  row: { event, delivery, waits, attempts, tookMs },
  onOpen,
}: {
  row: Extract<Row, { kind: 'delivery' }>
  onOpen: (deliveryId: string) => void
}) {
  const name = delivery.webhook_name ?? words.deletedWebhook
  return (
    <Table.Tr>
      <Table.Td>
        <button
          type="button"
          className={classes['open']}
          aria-label={words.open(name, event.position)}
          onClick={() => onOpen(delivery.id)}
        >
          {name}
        </button>
      </Table.Td>
      <Table.Td data-label={columns.status}>
        <StatusBadge tone={STATUS_TONES[delivery.status]}>{words.statuses[delivery.status]}</StatusBadge>
      </Table.Td>
      <Table.Td data-label={columns.waited} className={waits.length === 0 ? (classes['empty'] ?? '') : ''}>
        <Lines of={waits} />
      </Table.Td>
      <Table.Td
        data-label={columns.attempts}
        className={attempts.length === 0 ? (classes['empty'] ?? '') : ''}
      >
        <Lines of={attempts} />
      </Table.Td>
      <Table.Td data-label={columns.took}>{tookMs === null ? '…' : lasting(tookMs)}</Table.Td>
    </Table.Tr>
  )
}

export function Lines({ of }: { of: readonly string[] }) {
  return (
    <div>
      {of.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  )
}
