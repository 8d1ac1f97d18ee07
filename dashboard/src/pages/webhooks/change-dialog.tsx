import { Stack, Text } from '@mantine/core'
import { ApiProblem } from '../../api/problem.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { ChangesList } from './changes-list.tsx'
import { useWaiting, WaitingText } from './waiting-text.tsx'
import type { RowActions } from './use-row-actions.ts'

const words = strings.webhooks

/** Says what an action will do before it is done; or why it was not, and what was changed meanwhile. */
export function ChangeDialog({ account, actions }: { account: string; actions: RowActions }) {
  const { asked, busy, confirm, close } = actions
  if (asked === null) return null
  const { webhook, action, error } = asked
  const current = currentOf(error)
  const props = { isBusy: busy.has(webhook.id), isDanger: action === 'delete', onClose: close }
  if (current !== null) {
    return (
      <Confirm
        {...props}
        title={words.changed(webhook.name)}
        action={words.allTheSame[action]}
        onConfirm={() => confirm(current, action)}
      >
        <ChangesList before={webhook} after={current} />
      </Confirm>
    )
  }
  if (error !== null) {
    return (
      <Confirm
        {...props}
        title={words.failed[action](webhook.name)}
        action={strings.errors.retry}
        onConfirm={() => confirm(webhook, action)}
      >
        <ErrorPanel error={error} />
      </Confirm>
    )
  }
  return <Ask account={account} {...props} {...asked} onConfirm={() => confirm(webhook, action)} />
}

function Ask({
  account,
  webhook,
  action,
  ...props
}: {
  account: string
  webhook: Webhook
  action: keyof typeof words.asks
  isBusy: boolean
  isDanger: boolean
  onConfirm: () => void
  onClose: () => void
}) {
  const waiting = useWaiting(account, [webhook.id])
  const { title, why, discards } = words.asks[action]
  return (
    <Confirm
      {...props}
      title={title(webhook.name)}
      action={words.actions[action]}
      isReady={!waiting.isPending}
    >
      <Stack gap="xs">
        <WaitingText waiting={waiting} then={discards} />
        <Text c="dimmed">{why}</Text>
      </Stack>
    </Confirm>
  )
}

/** What is there now, if that is why an action was not done. */
function currentOf(error: Error | null): Webhook | null {
  if (!(error instanceof ApiProblem) || error.code !== 'precondition_failed') return null
  // Safe: what was changed is a webhook, and the API shows it as it shows every other.
  return (error.current as Webhook | null | undefined) ?? null
}
