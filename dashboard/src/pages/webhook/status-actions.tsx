import { ActionIcon, Button, Group, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useDelete, type WebhookDetail } from '../../api/webhook.ts'
import { webhookStatsQuery } from '../../api/webhook-stats.ts'
import { useStatusAction, type StatusAction } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { AskFirst, type Asked } from './ask-first.tsx'

const words = strings.webhook.actions

/** What can be done with the webhook as a whole. What cannot be taken back asks first, with figures of what waits. */
export function StatusActions({ webhook }: { webhook: WebhookDetail }) {
  const { id, status, account_id } = webhook
  const acting = useStatusAction(account_id)
  const deleting = useDelete(account_id, webhook)
  const navigate = useNavigate()
  const [asked, setAsked] = useState<Asked | null>(null)
  const { held = 0 } = useQuery(webhookStatsQuery(account_id, id, '1h')).data ?? {}
  const close = () => setAsked(null)
  const act = (action: StatusAction) => acting.mutate({ id, action }, { onSettled: close })
  const confirm = () => {
    if (asked === 'delete')
      deleting.mutate(undefined, { onSuccess: () => void navigate({ to: '/webhooks' }), onError: close })
    else if (asked !== null) act(asked)
  }
  const enable = () => (held > 0 ? setAsked('enable') : act('enable'))
  const isBusy = acting.isPending || deleting.isPending
  return (
    <div>
      <Group gap="xs">
        <Button
          variant="default"
          size="xs"
          renderRoot={(props) => (
            <Link to="/webhooks/$webhookId/edit" params={{ webhookId: id }} {...props} />
          )}
        >
          {words.edit}
        </Button>
        {status !== 'active' && (
          <Button size="xs" onClick={enable} loading={isBusy && asked === null}>
            {words.enable}
          </Button>
        )}
        {status === 'active' && (
          <Button variant="default" size="xs" onClick={() => act('pause')} loading={isBusy && asked === null}>
            {words.pause}
          </Button>
        )}
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label={words.more}>
              ⋯
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item renderRoot={(props) => <Link to="/webhooks/new" search={{ clone: id }} {...props} />}>
              {words.clone}
            </Menu.Item>
            {status === 'disabled' && <Menu.Item onClick={() => act('pause')}>{words.pause}</Menu.Item>}
            {status !== 'disabled' && (
              <Menu.Item onClick={() => setAsked('disable')}>{words.disable}</Menu.Item>
            )}
            <Menu.Divider />
            <Menu.Item color="var(--bad)" onClick={() => setAsked('delete')}>
              {words.delete}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      {[acting.error, deleting.error].map(
        (error) => error !== null && <ErrorPanel key={error.message} error={error} />,
      )}
      {asked !== null && (
        <AskFirst asked={asked} webhook={webhook} isBusy={isBusy} onConfirm={confirm} onClose={close} />
      )}
    </div>
  )
}
