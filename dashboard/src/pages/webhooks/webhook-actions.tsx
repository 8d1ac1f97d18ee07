import { ActionIcon, Menu } from '@mantine/core'
import { useState } from 'react'
import { useStatusAction, type StatusAction, type Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'

const words = strings.webhooks
/** What leads to another status from each. */
const ACTIONS: Record<Webhook['status'], StatusAction[]> = {
  active: ['pause', 'disable'],
  paused: ['enable', 'disable'],
  disabled: ['enable', 'pause'],
}

export function WebhookActions({ webhook: { id, name, status, account_id } }: { webhook: Webhook }) {
  const { mutate, isPending, error } = useStatusAction(account_id)
  const [isAsking, setIsAsking] = useState(false)
  const act = (action: StatusAction) => mutate({ id, action }, { onSettled: () => setIsAsking(false) })
  return (
    <div>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" aria-label={words.actionsFor(name)} loading={isPending}>
            ⋯
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {ACTIONS[status].map((action) => (
            <Menu.Item key={action} onClick={() => (action === 'disable' ? setIsAsking(true) : act(action))}>
              {words.actions[action]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {error !== null && <ErrorPanel error={error} />}
      {isAsking && (
        <Confirm
          title={words.confirmDisable(name)}
          action={words.actions.disable}
          isBusy={isPending}
          onConfirm={() => act('disable')}
          onClose={() => setIsAsking(false)}
        >
          {words.confirmDisableWhy}
        </Confirm>
      )}
    </div>
  )
}
