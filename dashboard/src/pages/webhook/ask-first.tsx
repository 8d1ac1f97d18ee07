import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { WebhookDetail } from '../../api/webhook.ts'
import { pendingQuery } from '../../api/webhook-deliveries.ts'
import { webhookStatsQuery } from '../../api/webhook-stats.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'

const words = strings.webhook.ask

export type Asked = 'enable' | 'disable' | 'delete'

/** Says what will happen to what waits, in figures of this moment, before it does. */
export function AskFirst({
  asked,
  webhook: { id, name, account_id },
  isBusy,
  onConfirm,
  onClose,
}: {
  asked: Asked
  webhook: WebhookDetail
  isBusy: boolean
  onConfirm: () => void
  onClose: () => void
}) {
  const now = { staleTime: 0 }
  const stats = useQuery({ ...webhookStatsQuery(account_id, id, '1h'), ...now })
  const pending = useQuery({ ...pendingQuery(account_id, id), ...now })
  const isCounted = stats.data !== undefined && pending.data !== undefined
  const held = stats.data?.held ?? 0
  const { count, isMore } = pending.data ?? { count: 0, isMore: false }
  const waits = words.waits(
    strings.webhook.held.most(held),
    held,
    isMore ? words.orMore(count) : String(count),
  )
  const isNone = isCounted && held === 0 && count === 0
  const failed = stats.isError || pending.isError
  return (
    <Confirm
      title={words[asked](name)}
      action={asked === 'enable' ? words.enableAction : strings.webhook.actions[asked]}
      isBusy={isBusy}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Text span fw={600} role="status">
        {failed ? words.uncounted : !isCounted ? words.counting : isNone ? words.nothing : waits}
      </Text>{' '}
      {isNone ? words.whyNothing[asked] : words.why[asked]}
    </Confirm>
  )
}
