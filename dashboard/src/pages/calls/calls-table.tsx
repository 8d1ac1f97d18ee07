import { Text } from '@mantine/core'
import type { ListedCall } from '../../api/call-list.ts'
import type { DeliveryStatus } from '../../api/deliveries.ts'
import { strings } from '../../strings.ts'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'
import classes from '../../ui/list.module.css'
import { CallLink } from '../../ui/call-link.tsx'
import { Records, type Column } from '../../ui/records.tsx'
import { Time } from '../../ui/time.tsx'
import { useTriggerNames } from '../../ui/trigger-name.ts'

const words = strings.calls
const { columns } = words
/** What may need somebody's care first. */
const ORDER: DeliveryStatus[] = ['failed', 'expired', 'discarded', 'held', 'pending', 'succeeded']

const ALL: Column<ListedCall>[] = [
  { title: columns.when, kind: 'short', cell: (call) => <Time at={call.first_event.received_at} /> },
  { title: columns.numbers, cell: (call) => <Numbers call={call} /> },
  { title: columns.triggers, cell: (call) => <Events call={call} /> },
  { title: columns.deliveries, cell: (call) => <Outcomes call={call} /> },
  { title: columns.call, cell: ({ call_id }) => <CallLink callId={call_id} /> },
]

export function CallsTable({ calls }: { calls: readonly ListedCall[] }) {
  return <Records label={words.title} columns={ALL} rows={calls} idOf={({ call_id }) => call_id} />
}

function Numbers({ call: { numbers, call_type } }: { call: ListedCall }) {
  return (
    <div className={classes['inline']}>
      {numbers.map((number) => (
        <span key={number} className={classes['number']}>
          {number}
        </span>
      ))}
      <Text span inherit c="dimmed">
        {words.callTypes[call_type]}
      </Text>
    </div>
  )
}

/** The first and the last, and how many there are between. */
function Events({ call: { first_event, last_event, event_count } }: { call: ListedCall }) {
  const nameOf = useTriggerNames()
  return (
    <div>
      <div>{nameOf(first_event.trigger)}</div>
      {event_count > 1 && (
        <div>
          {event_count > 2 && (
            <Text span inherit c="dimmed">
              {words.more(event_count - 2)}
            </Text>
          )}
          {nameOf(last_event.trigger)}
        </div>
      )}
    </div>
  )
}

function Outcomes({ call: { deliveries, delivery_count } }: { call: ListedCall }) {
  if (delivery_count === 0) {
    return (
      <Text span c="dimmed">
        {words.noDeliveries}
      </Text>
    )
  }
  return (
    <div className={classes['badges']}>
      {ORDER.filter((status) => deliveries[status] > 0).map((status) => (
        <DeliveryBadge key={status} status={status} count={deliveries[status]} />
      ))}
    </div>
  )
}
