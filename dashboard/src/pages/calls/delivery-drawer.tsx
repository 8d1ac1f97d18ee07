import { Button, Drawer, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { deliveryQuery } from '../../api/calls.ts'
import { useRetryOfDelivery } from '../../api/deliveries.ts'
import { mayChange } from '../../api/session.ts'
import { useSeenPart } from '../../embed/use-seen-part.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { answerOf, endedAs, type CallEvent } from '../../timeline/call.ts'
import { attemptText, waitText } from '../../timeline/rows.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { DELIVERY_TONES } from '../../ui/tones.ts'
import { curlOf, type SentRequest } from '../deliveries/curl.ts'
import { Lines } from './call-table.tsx'
import classes from './calls.module.css'

const words = strings.delivery

/** A delivery beside its call: what was sent, what came back, and once more if it has ended. */
export function DeliveryDrawer({
  deliveryId,
  events,
  nowMs,
  onClose,
}: {
  deliveryId: string | null
  events: readonly CallEvent[]
  nowMs: number
  onClose: () => void
}) {
  const found = deliveryId === null ? undefined : find(events, deliveryId)
  const { isKnown, styles } = useSeenPart(found !== undefined)
  const name = found?.delivery.webhook_name ?? strings.call.deletedWebhook
  return (
    <Drawer
      opened={found !== undefined && isKnown}
      styles={styles}
      onClose={onClose}
      position="right"
      size="lg"
      title={found === undefined ? '' : words.title(name, found.event.position)}
      closeButtonProps={{ 'aria-label': words.close }}
    >
      {found !== undefined && <Inside found={found} nowMs={nowMs} />}
    </Drawer>
  )
}

interface Found {
  event: CallEvent
  delivery: CallEvent['deliveries'][number]
}

function find(events: readonly CallEvent[], deliveryId: string): Found | undefined {
  for (const event of events) {
    const delivery = event.deliveries.find(({ id }) => id === deliveryId)
    if (delivery !== undefined) return { event, delivery }
  }
  return undefined
}

function Inside({ found: { delivery }, nowMs }: { found: Found; nowMs: number }) {
  const account = useAccount()
  const session = useSession()
  const { id, status, attempts, waits } = delivery
  // Read anew with each attempt that the call has of it, and with its end.
  const { data, error, refetch } = useQuery(deliveryQuery(account, id, `${attempts.length} ${status}`))
  const retry = useRetryOfDelivery(account)
  const isEnded = endedAs(status) !== null
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <StatusBadge tone={DELIVERY_TONES[status]}>{strings.deliveryStatuses[status]}</StatusBadge>
        {mayChange(session) && isEnded && !delivery.test && (
          <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate(id)}>
            {words.retry}
          </Button>
        )}
      </Group>
      {retry.error !== null && <ErrorPanel error={retry.error} />}
      <Group gap="xs">
        <code className={classes['id']}>{id}</code>
        <CopyButton text={id} what={words.id} />
      </Group>
      {waits.length > 0 && (
        <section>
          <Title order={3}>{words.waited}</Title>
          <Lines of={waits.map((wait) => waitText(wait, nowMs))} />
        </section>
      )}
      <section>
        <Title order={3}>{words.attempts}</Title>
        {attempts.length === 0 && <Text>{words.noAttempt}</Text>}
        {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
        {(data?.attempts ?? []).map((attempt) => (
          <div key={attempt.id} className={classes['attempt']}>
            <StatusBadge tone={answerOf(attempt) === 'ok' ? 'good' : 'bad'}>
              {attemptText(attempt)}
            </StatusBadge>
            <Text size="xs" c="dimmed">
              <Time at={attempt.started_at} />
            </Text>
            {attempt.response_body !== null && attempt.response_body !== '' && (
              <pre className={classes['body']} tabIndex={0}>
                {attempt.response_body}
              </pre>
            )}
          </div>
        ))}
      </section>
      {data !== undefined && <Request request={data.request} />}
    </Stack>
  )
}

function Request({ request }: { request: SentRequest | null }) {
  return (
    <section>
      <Group justify="space-between">
        <Title order={3}>{words.request}</Title>
        {request !== null && <CopyButton text={curlOf(request)} what={words.curl} />}
      </Group>
      {request === null ? (
        <Text>{words.noRequest}</Text>
      ) : (
        <pre className={classes['body']} tabIndex={0}>
          {[
            `${request.method} ${request.url}`,
            ...request.headers.map(({ key, value }) => `${key}: ${value}`),
            '',
            request.body ?? '',
          ].join('\n')}
        </pre>
      )}
    </section>
  )
}
