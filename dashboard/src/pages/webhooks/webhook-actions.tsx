import { ActionIcon, Loader, Menu } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { StatusAction, Webhook, WebhookAction } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'

const words = strings.webhooks
/** What leads to another status from each. */
const ACTIONS: Record<Webhook['status'], StatusAction[]> = {
  active: ['pause', 'disable'],
  paused: ['enable', 'disable'],
  disabled: ['enable', 'pause'],
}

/** Of a webhook's menu, and so, as Mantine has it, of the button that opens it: who closes a dialog gets back to it. */
export function menuIdOf(webhookId: string): string {
  return `actions-${webhookId}`
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
  const { id, name, status } = webhook
  return (
    <Menu id={menuIdOf(id)} position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" aria-label={words.actionsFor(name)} aria-busy={isBusy}>
          {/* It keeps the focus: Mantine's own way to show that it is busy disables it. */}
          {isBusy ? <Loader size={14} /> : '⋯'}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          renderRoot={(props) => (
            <Link to="/webhooks/$webhookId/edit" params={{ webhookId: id }} {...props} />
          )}
        >
          {words.actions.edit}
        </Menu.Item>
        {ACTIONS[status].map((action) => (
          <Menu.Item key={action} onClick={() => onAction(webhook, action)}>
            {words.actions[action]}
          </Menu.Item>
        ))}
        <Menu.Item renderRoot={(props) => <Link to="/webhooks/new" search={{ clone: id }} {...props} />}>
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
