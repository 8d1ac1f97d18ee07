import { Button } from '@mantine/core'
import type { WebhookDetail } from '../../api/webhook.ts'
import { useRetry, type Delivery } from '../../api/webhook-deliveries.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'

const words = strings.webhook.deliveries
const ENDED: readonly Delivery['status'][] = ['succeeded', 'failed', 'expired', 'discarded']

/** One more attempt of a delivery that has ended. A test is not made again. */
export function RetryButton({
  webhook,
  delivery: { id, call_id, status, test },
  name,
}: {
  webhook: WebhookDetail
  delivery: Delivery
  name: string
}) {
  const retrying = useRetry(webhook.account_id)
  if (test || (!ENDED.includes(status) && !retrying.isPending)) return null
  return (
    <div>
      <Button
        size="compact-xs"
        variant={status === 'succeeded' ? 'subtle' : 'default'}
        aria-label={words.retryOf(name, call_id)}
        loading={retrying.isPending}
        onClick={() => retrying.mutate(id)}
      >
        {words.retry}
      </Button>
      {retrying.error !== null && <ErrorPanel error={retrying.error} />}
    </div>
  )
}
