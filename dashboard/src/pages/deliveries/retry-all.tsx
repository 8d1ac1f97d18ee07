import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { DeliveryFilters } from '../../api/deliveries.ts'
import { replayQuery, retryCountQuery, useRetryAll, type RetryAnswer } from '../../api/replays.ts'
import { mayChange } from '../../api/session.ts'
import { useAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { ReplayProgress } from '../replays/replay-progress.tsx'
import classes from '../replays/replays.module.css'
import { RETRY_STATUSES, retryOf, type RetryWhat } from '../../find/retry-what.ts'
import { oneOf } from '../../search.ts'

const words = strings.retryAll

interface Asked {
  readonly retry: ReturnType<typeof retryOf>
  /** Whoever asks twice for the same gets what the first has led to. */
  readonly key: string
  readonly status: RetryWhat['status'] | undefined
}

/** Makes all that the filters select again: says how many first, and then how far it is. */
export function RetryAll({ filters }: { filters: DeliveryFilters }) {
  const session = useSession()
  const [asked, setAsked] = useState<Asked | null>(null)
  if (!mayChange(session)) return null
  const close = (): void => setAsked(null)
  const ask = (status: string | undefined): void => {
    const retry = retryOf({ ...filters, status }, Date.now())
    setAsked({ retry, key: crypto.randomUUID(), status: retry.ok ? retry.what.status : undefined })
  }
  return (
    <>
      <Button size="xs" variant="default" onClick={() => ask(filters.status)}>
        {words.open}
      </Button>
      {asked !== null && (
        <Dialog title={words.open} onClose={close}>
          <Stack gap="sm">
            {(asked.retry.ok || asked.retry.why === 'status') && (
              <NativeSelect
                label={words.which}
                value={asked.status ?? ''}
                data={[
                  ...(asked.status === undefined ? [{ value: '', label: words.choose }] : []),
                  ...RETRY_STATUSES.map((value) => ({ value, label: strings.deliveryStatuses[value] })),
                ]}
                onChange={(event) => ask(oneOf(RETRY_STATUSES, event.currentTarget.value))}
              />
            )}
            {asked.retry.ok ? (
              <Retry key={asked.key} what={asked.retry.what} idempotencyKey={asked.key} onClose={close} />
            ) : (
              <>
                <Text size="sm">{words.whyNot[asked.retry.why]}</Text>
                <Group justify="flex-end">
                  <Button variant="default" onClick={close}>
                    {words.close}
                  </Button>
                </Group>
              </>
            )}
          </Stack>
        </Dialog>
      )}
    </>
  )
}

function Retry({
  what,
  idempotencyKey,
  onClose,
}: {
  what: RetryWhat
  idempotencyKey: string
  onClose: () => void
}) {
  const account = useAccount()
  const counted = useQuery(retryCountQuery(account, what))
  const { mutate, data: started, error, isPending } = useRetryAll(account, idempotencyKey)
  if (started !== undefined) return <Started answer={started} onClose={onClose} />
  const { data } = counted
  return (
    <Stack gap="sm">
      {counted.error !== null && <ErrorPanel error={counted.error} retry={() => void counted.refetch()} />}
      {data === undefined && counted.error === null && <LoadingRows />}
      {data !== undefined && (
        <div role="status">
          <Text fw={600}>{words.count(data.count, data.webhooks.length)}</Text>
          <ul className={classes['list']}>
            {data.webhooks.map(({ webhook_id, name, count }) => (
              <li key={webhook_id}>{words.ofWebhook(name, count)}</li>
            ))}
          </ul>
          <LeftOut answer={data} />
          {data.count > 0 && (
            <Text size="sm" c="dimmed">
              {what.status === 'succeeded' ? words.whySucceeded : words.why}
            </Text>
          )}
        </div>
      )}
      {error !== null && <ErrorPanel error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {data?.count === 0 ? words.close : strings.common.cancel}
        </Button>
        {data !== undefined && data.count > 0 && (
          <Button loading={isPending} data-autofocus onClick={() => mutate(what)}>
            {words.start(data.count)}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

/** Webhooks of which nothing is made again, and why. */
function LeftOut({ answer: { left_out } }: { answer: RetryAnswer }) {
  if (left_out.length === 0) return null
  return (
    <>
      <Text size="sm">{words.leftOut}</Text>
      <ul className={classes['list']}>
        {left_out.map(({ webhook_id, name, why }) => (
          <li key={webhook_id}>
            {name}: {words.leftOutWhy[why]}
          </li>
        ))}
      </ul>
    </>
  )
}

function Started({ answer, onClose }: { answer: RetryAnswer; onClose: () => void }) {
  return (
    <Stack gap="sm">
      <Text fw={600} role="status">
        {words.started(answer.count)}
      </Text>
      <div className={classes['parts']}>
        {answer.webhooks.map(({ webhook_id, name, replay_id }) =>
          replay_id === null ? null : (
            <Part key={replay_id} webhookId={webhook_id} name={name} replayId={replay_id} />
          ),
        )}
      </div>
      <LeftOut answer={answer} />
      <Group justify="flex-end">
        <Button variant="default" renderRoot={(props) => <Link to="/replays" {...props} />}>
          {words.toReplays}
        </Button>
        <Button onClick={onClose} data-autofocus>
          {words.close}
        </Button>
      </Group>
    </Stack>
  )
}

function Part({ webhookId, name, replayId }: { webhookId: string; name: string; replayId: string }) {
  const { data, error, refetch } = useQuery(replayQuery(useAccount(), webhookId, replayId))
  return (
    <div>
      <Text size="sm">{name}</Text>
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {data !== undefined && data !== null && <ReplayProgress replay={data} of={name} />}
    </div>
  )
}
