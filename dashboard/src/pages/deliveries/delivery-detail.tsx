import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { deliveryDetailQuery, timedQuery, type Delivery } from '../../api/deliveries.ts'
import { ApiProblem } from '../../api/problem.ts'
import { useWebhookNames } from '../../api/webhook-names.ts'
import { useAccount } from '../../shell/account.ts'
import { callPath } from '../../place.ts'
import { strings } from '../../strings.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { DeliveryBadge } from '../../ui/delivery-status.tsx'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { PathLink } from '../../ui/path-link.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { useTriggerNames } from '../../ui/trigger-name.ts'
import { WebhookName } from '../../ui/webhook-name.tsx'
import { Attempts } from './attempts.tsx'
import classes from './delivery-detail.module.css'
import { RetryDelivery } from './retry-delivery.tsx'
import { SentRequestView } from './sent-request.tsx'
import { Waits } from './waits.tsx'

const words = strings.deliveryDetail

/** All of a delivery, on a page of its own or beside something else. */
export function DeliveryDetail({ deliveryId }: { deliveryId: string }) {
  const account = useAccount()
  const { data, error, refetch } = useQuery(deliveryDetailQuery(account, deliveryId))
  if (data !== undefined) return <Known delivery={data} />
  if (error === null) return <LoadingRows />
  if (error instanceof ApiProblem && error.status === 404) {
    return (
      <EmptyPanel title={words.none} why={words.noneWhy(deliveryId)}>
        <Anchor renderRoot={(props) => <Link to="/deliveries" {...props} />}>{words.toDeliveries}</Anchor>
      </EmptyPanel>
    )
  }
  return <ErrorPanel error={error} retry={() => void refetch()} />
}

function Known({ delivery }: { delivery: Delivery }) {
  const account = useAccount()
  const timed = useQuery(timedQuery(account, delivery))
  const { request, attempts } = delivery
  return (
    <Stack gap="lg">
      <Facts delivery={delivery} />
      <div className={classes['columns']}>
        <section aria-label={words.attempts}>
          <Title order={2} mb="xs">
            {words.attempts}
          </Title>
          <Attempts attempts={attempts} nextAt={delivery.next_attempt_at} />
          <Title order={2} mt="lg" mb="xs">
            {words.waits}
          </Title>
          {timed.error !== null && <ErrorPanel error={timed.error} retry={() => void timed.refetch()} />}
          {timed.data !== undefined && <Waits timed={timed.data} />}
        </section>
        <section aria-label={words.request}>
          <SentRequestView request={request} />
        </section>
      </div>
    </Stack>
  )
}

function Facts({ delivery }: { delivery: Delivery }) {
  const account = useAccount()
  const { id, webhook_id, call_id, event_id, trigger, position, status, test, late, created_at } = delivery
  const webhookNameOf = useWebhookNames(account, [webhook_id])
  const triggerNameOf = useTriggerNames()
  return (
    <div className={classes['facts']}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="xs">
          <DeliveryBadge status={status} />
          {test && <StatusBadge tone="quiet">{strings.deliveries.test}</StatusBadge>}
          {late && <StatusBadge tone="warn">{strings.deliveries.late}</StatusBadge>}
        </Group>
        <RetryDelivery delivery={delivery} />
      </Group>
      <dl className={classes['list']}>
        <dt>{words.id}</dt>
        <dd>
          <span className={classes['mono']}>{id}</span> <CopyButton text={id} what={words.theId} />
        </dd>
        <dt>{words.webhook}</dt>
        <dd>
          <WebhookName id={webhook_id} name={webhookNameOf(webhook_id)} />
        </dd>
        <dt>{words.call}</dt>
        <dd>
          <PathLink to={callPath(call_id)}>{call_id}</PathLink>
        </dd>
        <dt>{words.event}</dt>
        <dd>
          {triggerNameOf(trigger)}{' '}
          <Text span inherit c="dimmed">
            {words.position(position)} · {event_id}
          </Text>
        </dd>
        <dt>{words.received}</dt>
        <dd>
          <Time at={created_at} />
        </dd>
        {delivery.completed_at !== null && (
          <>
            <dt>{words.ended}</dt>
            <dd>
              <Time at={delivery.completed_at} />
            </dd>
          </>
        )}
      </dl>
    </div>
  )
}
