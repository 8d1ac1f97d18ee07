import { Anchor, Table, Text, VisuallyHidden } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ListedDelivery } from '../../api/deliveries.ts'
import { useWebhookNames } from '../../api/webhook-names.ts'
import { useAccount } from '../../shell/account.ts'
import { callPath } from '../../place.ts'
import { strings } from '../../strings.ts'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'
import classes from '../../ui/list.module.css'
import { PathLink } from '../../ui/path-link.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { useTriggerNames } from '../../ui/trigger-name.ts'
import { WebhookName } from '../../ui/webhook-name.tsx'
import { lastAnswerText } from './answer-text.ts'

const words = strings.deliveries
const { columns } = words

export function DeliveriesTable({ deliveries }: { deliveries: ListedDelivery[] }) {
  const account = useAccount()
  const webhookNameOf = useWebhookNames(
    account,
    deliveries.map(({ webhook_id }) => webhook_id),
  )
  const triggerNameOf = useTriggerNames()
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
        {deliveries.map((delivery) => {
          const { id, call_id, webhook_id, trigger, status, attempt_count, test, late } = delivery
          return (
            <Table.Tr key={id}>
              <Table.Td data-label={columns.when} className={classes['nowrap'] ?? ''}>
                <Anchor
                  inherit
                  renderRoot={(props) => (
                    <Link to="/deliveries/$deliveryId" params={{ deliveryId: id }} {...props} />
                  )}
                >
                  <Time at={delivery.created_at} />
                  <VisuallyHidden> {words.open(id)}</VisuallyHidden>
                </Anchor>
              </Table.Td>
              <Table.Td data-label={columns.status}>
                <div className={classes['badges']}>
                  <DeliveryBadge status={status} />
                  {test && <StatusBadge tone="quiet">{words.test}</StatusBadge>}
                  {late && <StatusBadge tone="warn">{words.late}</StatusBadge>}
                </div>
              </Table.Td>
              <Table.Td data-label={columns.webhook}>
                <WebhookName id={webhook_id} name={webhookNameOf(webhook_id)} />
              </Table.Td>
              <Table.Td data-label={columns.trigger}>
                <span>{triggerNameOf(trigger)}</span>
              </Table.Td>
              <Table.Td data-label={columns.answer}>
                <Text span inherit {...(status === 'succeeded' ? { c: 'dimmed' } : {})}>
                  {lastAnswerText(delivery)}
                </Text>
              </Table.Td>
              <Table.Td data-label={columns.attempts} className={classes['number'] ?? ''}>
                <span>{attempt_count}</span>
              </Table.Td>
              <Table.Td data-label={columns.call}>
                <PathLink
                  to={callPath(call_id)}
                  className={`${classes['mono']} ${classes['short']}`}
                  title={call_id}
                >
                  {call_id}
                </PathLink>
              </Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}
