import { Table, Text } from '@mantine/core'
import type { ListedCall } from '../../api/call-list.ts'
import type { DeliveryStatus } from '../../api/deliveries.ts'
import { callPath } from '../../place.ts'
import { strings } from '../../strings.ts'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'
import classes from '../../ui/list.module.css'
import { PathLink } from '../../ui/path-link.tsx'
import { Time } from '../../ui/time.tsx'
import { useTriggerNames } from '../../ui/trigger-name.ts'

const words = strings.calls
const { columns } = words
/** What may need somebody's care first. */
const ORDER: DeliveryStatus[] = ['failed', 'expired', 'discarded', 'held', 'pending', 'succeeded']

export function CallsTable({ calls }: { calls: ListedCall[] }) {
  return (
    <Table className={classes['table'] ?? ''} highlightOnHover highlightOnHoverColor="var(--raised)">
      <Table.Thead>
        <Table.Tr>
          {Object.entries(columns).map(([name, title]) => (
            <Table.Th key={name}>{title}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {calls.map((call) => (
          <Table.Tr key={call.call_id}>
            <Table.Td data-label={columns.when} className={classes['nowrap'] ?? ''}>
              <Time at={call.first_event.received_at} />
            </Table.Td>
            <Table.Td data-label={columns.numbers} className={classes['narrow'] ?? ''}>
              <Numbers call={call} />
            </Table.Td>
            <Table.Td data-label={columns.triggers}>
              <Events call={call} />
            </Table.Td>
            <Table.Td data-label={columns.deliveries}>
              <Outcomes call={call} />
            </Table.Td>
            <Table.Td data-label={columns.call}>
              <PathLink
                to={callPath(call.call_id)}
                className={`${classes['mono']} ${classes['short']}`}
                title={call.call_id}
              >
                {call.call_id}
              </PathLink>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
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
