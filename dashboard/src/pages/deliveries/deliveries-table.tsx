import { Anchor, Text, VisuallyHidden } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ListedDelivery } from '../../api/deliveries.ts'
import { useWebhookNames } from '../../api/webhook-names.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'
import classes from '../../ui/list.module.css'
import { CallLink } from '../../ui/call-link.tsx'
import { Records, type Column } from '../../ui/records.tsx'
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
  const all: Column<ListedDelivery>[] = [
    {
      title: columns.when,
      kind: 'short',
      cell: ({ id, created_at }) => (
        <Anchor
          inherit
          renderRoot={(props) => <Link to="/deliveries/$deliveryId" params={{ deliveryId: id }} {...props} />}
        >
          <Time at={created_at} />
          <VisuallyHidden> {words.open(id)}</VisuallyHidden>
        </Anchor>
      ),
    },
    {
      title: columns.status,
      cell: ({ status, test, late }) => (
        <div className={classes['badges']}>
          <DeliveryBadge status={status} />
          {test && <StatusBadge tone="quiet">{words.test}</StatusBadge>}
          {late && <StatusBadge tone="warn">{words.late}</StatusBadge>}
        </div>
      ),
    },
    {
      title: columns.webhook,
      cell: ({ webhook_id }) => <WebhookName id={webhook_id} name={webhookNameOf(webhook_id)} />,
    },
    { title: columns.trigger, cell: ({ trigger }) => <span>{triggerNameOf(trigger)}</span> },
    {
      title: columns.answer,
      cell: (delivery) => (
        <Text span inherit {...(delivery.status === 'succeeded' ? { c: 'dimmed' } : {})}>
          {lastAnswerText(delivery)}
        </Text>
      ),
    },
    {
      title: columns.attempts,
      kind: 'short',
      cell: ({ attempt_count }) => <span className={classes['number']}>{attempt_count}</span>,
    },
    { title: columns.call, cell: ({ call_id }) => <CallLink callId={call_id} /> },
  ]
  return <Records label={words.title} columns={all} rows={deliveries} idOf={({ id }) => id} />
}
