import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { mayChange } from '../../api/session.ts'
import { triggersQuery } from '../../api/triggers.ts'
import type { WebhookDetail } from '../../api/webhook.ts'
import type { Delivery } from '../../api/webhook-deliveries.ts'
import { useSession } from '../../shell/account.ts'
import { callPath } from '../../place.ts'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import { PathLink } from '../../ui/path-link.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { shortTimeText, timeText, useZone, zoneText } from '../../ui/zone.ts'
import classes from './deliveries.module.css'
import { answerText } from './failure-text.ts'
import { RetryButton } from './retry-button.tsx'
import { DELIVERY_TONES } from '../../ui/tones.ts'

const words = strings.webhook.deliveries
const { columns } = words

export function DeliveryTable({
  webhook,
  deliveries,
  gone,
}: {
  webhook: WebhookDetail
  deliveries: readonly Delivery[]
  /** Those that are not what was asked for any more. */
  gone: ReadonlySet<string>
}) {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const canRetry = mayChange(useSession()) && webhook.status !== 'disabled'
  const [zone] = useZone()
  const at = columns.at(zoneText(zone, webhook.time_zone))
  return (
    <Table className={classes['table'] ?? ''} highlightOnHover verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          {[columns.status, columns.trigger, columns.call, columns.answer, at].map((title) => (
            <Table.Th key={title}>{title}</Table.Th>
          ))}
          {canRetry && <Table.Th>{columns.retry}</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {deliveries.map((delivery) => {
          const name = triggers.find(({ slug }) => slug === delivery.trigger)?.name ?? delivery.trigger
          const isGone = gone.has(delivery.id)
          return (
            <Table.Tr key={delivery.id} data-gone={isGone}>
              <Table.Td>
                {isGone ? (
                  <StatusBadge tone="quiet">{words.gone}</StatusBadge>
                ) : (
                  <StatusBadge tone={DELIVERY_TONES[delivery.status]}>{statusText(delivery)}</StatusBadge>
                )}
              </Table.Td>
              <Table.Td>
                <div>
                  <Link
                    to="/deliveries/$deliveryId"
                    params={{ deliveryId: delivery.id }}
                    className={classes['link']}
                  >
                    {name}
                  </Link>{' '}
                  <Marks delivery={delivery} />
                </div>
              </Table.Td>
              <Table.Td>
                <PathLink to={callPath(delivery.call_id)} className={`${classes['link']} ${classes['mono']}`}>
                  {delivery.call_id}
                </PathLink>
              </Table.Td>
              <Table.Td>
                <Answer delivery={delivery} />
              </Table.Td>
              <Table.Td className={classes['at'] ?? ''}>
                <time
                  dateTime={delivery.created_at}
                  title={timeText(delivery.created_at, zone, webhook.time_zone)}
                >
                  {shortTimeText(delivery.created_at, zone, webhook.time_zone)}
                  <span className={classes['zone']}> {zoneText(zone, webhook.time_zone)}</span>
                </time>
              </Table.Td>
              {canRetry && (
                <Table.Td>
                  {!isGone && <RetryButton webhook={webhook} delivery={delivery} name={name} />}
                </Table.Td>
              )}
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}

function statusText({ status, last_error }: Delivery): string {
  return status === 'pending' && last_error !== null ? words.retrying : strings.deliveryStatuses[status]
}

/** What sets a delivery apart. */
function Marks({ delivery: { test, late, position } }: { delivery: Delivery }) {
  const marks = [...(test ? [words.test] : [words.position(position)]), ...(late ? [words.late] : [])]
  return (
    <Text span size="xs" c="dimmed">
      {marks.join(' · ')}
    </Text>
  )
}

function Answer({ delivery }: { delivery: Delivery }) {
  const { attempt_count, last_error, next_attempt_at } = delivery
  const answer = answerText(delivery)
  const untilMs = next_attempt_at === null ? 0 : Date.parse(next_attempt_at) - Date.now()
  if (attempt_count === 0) return <span>{words.noAttempt}</span>
  return (
    <span>
      <span className={last_error === null ? undefined : classes['fault']}>{answer ?? words.noAnswer}</span>{' '}
      <Text span size="xs" c="dimmed">
        {attempt_count > 1 && words.attempts(attempt_count)}
        {untilMs > 0 && ` ${words.next(durationText(untilMs))}`}
      </Text>
    </span>
  )
}
