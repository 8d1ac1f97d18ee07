import { memo, startTransition, useEffect, useMemo, useState } from 'react'
import { flushSync } from 'react-dom'
import { strings } from '../../strings.ts'
import { endedAs, isOpen, type Call, type CallEvent } from '../../timeline/call.ts'
import { durationText } from '../../ui/duration.ts'
import { rowsOf, type Row } from '../../timeline/rows.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { DELIVERY_TONES } from '../../ui/tones.ts'
import { Time } from '../../ui/time.tsx'
import classes from './calls.module.css'

const words = strings.call
const { columns } = words

/** So many rows are drawn at once; the others follow while the page stays at hand. */
const AT_ONCE = 150
/** About how high (px) a row is, for those that have not been seen yet. */
const ROW_PX = 37

/**
 * All that the picture says, in words. Its elements have the roles that they are: laid out in blocks, of which the browser
 * lays out only those that are seen, they are no table for every screen reader.
 */
export const CallTable = memo(function CallTable({
  shown: { events, nowMs },
  onOpen,
}: {
  shown: { events: Call['events']; nowMs: number }
  onOpen: (deliveryId: string) => void
}) {
  const groups = useMemo(() => groupsOf(events, AT_ONCE), [events])
  const count = useGrowing(groups.length)
  return (
    <table role="table" className={classes['table']}>
      <thead role="rowgroup">
        <tr role="row">
          {Object.entries(columns).map(([name, title]) => (
            <th key={name} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      {groups.slice(0, count).map((group) => (
        <Group
          key={group[0]?.id}
          events={group}
          all={events}
          nowMs={isOpen({ events: group }) ? nowMs : 0}
          onOpen={onOpen}
        />
      ))}
    </table>
  )
})

/** Drawn anew only if one of its events, or the time that something open has waited, is another. */
const Group = memo(
  function Group({
    events,
    all,
    nowMs,
    onOpen,
  }: {
    events: readonly CallEvent[]
    all: Call['events']
    nowMs: number
    onOpen: (deliveryId: string) => void
  }) {
    const rows = rowsOf({ events }, nowMs, all)
    return (
      <tbody role="rowgroup" style={{ containIntrinsicBlockSize: `auto ${rows.length * ROW_PX}px` }}>
        {rows.map((row) =>
          row.kind === 'event' ? (
            <EventRow key={row.event.id} row={row} />
          ) : (
            <DeliveryRow
              key={row.delivery.id}
              row={row}
              nowMs={endedAs(row.delivery.status) === null ? nowMs : 0}
              onOpen={onOpen}
            />
          ),
        )}
      </tbody>
    )
  },
  (before, after) =>
    before.nowMs === after.nowMs &&
    before.onOpen === after.onOpen &&
    before.events.length === after.events.length &&
    before.events.every((event, index) => event === after.events[index]),
)

/** In order, each with about so many rows. */
function groupsOf(events: readonly CallEvent[], most: number): CallEvent[][] {
  const groups: CallEvent[][] = []
  let size = Infinity
  for (const event of events) {
    if (size >= most) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(event)
    size += 1 + event.deliveries.length
  }
  return groups
}

/** One, and soon all: one more each time the browser has drawn the last, and all of them for a printer. */
function useGrowing(all: number): number {
  const [count, setCount] = useState(1)
  useEffect(() => {
    if (count >= all) return undefined
    const timer = setTimeout(() => startTransition(() => setCount((before) => before + 1)), 0)
    const onPrint = (): void => flushSync(() => setCount(all))
    window.addEventListener('beforeprint', onPrint)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('beforeprint', onPrint)
    }
  }, [count, all])
  return count
}

function EventRow({ row: { event, notes } }: { row: Extract<Row, { kind: 'event' }> }) {
  return (
    <tr role="row" className={classes['event']}>
      <td role="cell" aria-colspan={5} colSpan={5}>
        <div>
          <strong>#{event.position}</strong> {event.trigger.replaceAll('_', ' ')}{' '}
          <span className={classes['when']}>
            <Time at={event.received_at} />
          </span>
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
      </td>
    </tr>
  )
}

/** Drawn anew only if its delivery is another, or the time that it has waited. */
const DeliveryRow = memo(
  function DeliveryRow({
    row: { event, delivery, waits, attempts, tookMs },
    onOpen,
  }: {
    row: Extract<Row, { kind: 'delivery' }>
    /** What its waits are counted to; 0 if none is open. */
    nowMs: number
    onOpen: (deliveryId: string) => void
  }) {
    const name = delivery.webhook_name ?? words.deletedWebhook
    return (
      <tr role="row">
        <td role="cell">
          <button
            type="button"
            className={classes['open']}
            aria-label={words.open(name, event.position)}
            onClick={() => onOpen(delivery.id)}
          >
            {name}
          </button>
        </td>
        <td role="cell" data-label={columns.status}>
          <StatusBadge tone={DELIVERY_TONES[delivery.status]}>
            {strings.deliveryStatuses[delivery.status]}
          </StatusBadge>
        </td>
        <td
          role="cell"
          data-label={columns.waited}
          className={waits.length === 0 ? classes['empty'] : undefined}
        >
          <Lines of={waits} />
        </td>
        <td
          role="cell"
          data-label={columns.attempts}
          className={attempts.length === 0 ? classes['empty'] : undefined}
        >
          <Lines of={attempts} />
        </td>
        <td role="cell" data-label={columns.took}>
          {tookMs === null ? '…' : durationText(tookMs)}
        </td>
      </tr>
    )
  },
  (before, after) =>
    before.row.delivery === after.row.delivery &&
    before.nowMs === after.nowMs &&
    before.onOpen === after.onOpen,
)

export function Lines({ of }: { of: readonly string[] }) {
  return (
    <div>
      {of.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  )
}
