import { ActionIcon, Menu } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import type { StatusAction, Webhook, WebhookAction } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { hrefOf } from './href-of.ts'

const words = strings.webhooks
/** What leads to another status from each. */
const ACTIONS: Record<Webhook['status'], StatusAction[]> = {
  active: ['pause', 'disable'],
  paused: ['enable', 'disable'],
  disabled: ['enable', 'pause'],
}

export function WebhookActions({
  webhook,
  isBusy,
  onAction,
}: {
  webhook: Webhook
  isBusy: boolean
  onAction: (webhook: Webhook, action: WebhookAction) => void
}) {
  const { account } = useSearch({ from: '/signed-in' })
  const { id, name, status } = webhook
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" aria-label={words.actionsFor(name)} loading={isBusy}>
          ⋯
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={hrefOf(`/webhooks/${id}/edit`, account)}>
          {words.actions.edit}
        </Menu.Item>
        {ACTIONS[status].map((action) => (
          <Menu.Item key={action} onClick={() => onAction(webhook, action)}>
            {words.actions[action]}
          </Menu.Item>
        ))}
        <Menu.Item component="a" href={hrefOf('/webhooks/new', account, { clone: id })}>
          {words.actions.clone}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item c="var(--bad)" onClick={() => onAction(webhook, 'delete')}>
          {words.actions.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
