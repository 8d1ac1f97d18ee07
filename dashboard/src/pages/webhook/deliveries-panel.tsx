import { Button, Group } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { mayChange } from '../../api/session.ts'
import type { WebhookDetail } from '../../api/webhook.ts'
import type { DeliveryFilters } from '../../api/webhook-deliveries.ts'
import { useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { DeliveryFilterBar, type Filters } from './delivery-filter-bar.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { Panel } from './panel.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import { ReplayProgress } from './replay-progress.tsx'

const words = strings.webhook

/** The webhook's deliveries, newest first and followed live; one or all that failed can be made again. */
export function DeliveriesPanel({ webhook }: { webhook: WebhookDetail }) {
  const {
    window: _stats,
    account: _account,
    ...search
  } = useSearch({ from: '/signed-in/webhooks/$webhookId' })
  const navigate = useNavigate({ from: '/webhooks/$webhookId' })
  const canChange = mayChange(useSession())
  const [isReplaying, setIsReplaying] = useState(false)
  const [replayId, setReplayId] = useState<string | null>(null)
  const { cursor, ...chosen } = search
  // A filter begins at the first page.
  const filter = (filters: Filters) =>
    void navigate({
      search: ({ window }) => ({ window, ...filters }),
      replace: true,
      resetScroll: false,
    })
  const goTo = (next: string | undefined) =>
    void navigate({ search: (now) => ({ ...now, cursor: next }), resetScroll: false })
  const trigger = webhook.triggers.find((each) => each === chosen.trigger)
  const filters: DeliveryFilters = { ...chosen, trigger, cursor }
  return (
    <Panel
      title={words.deliveries.title}
      isFlush
      anchor="deliveries"
      controls={
        canChange && (
          <Group gap="xs">
            <Button size="compact-sm" variant="default" onClick={() => setIsReplaying(true)}>
              {words.replay.open}
            </Button>
          </Group>
        )
      }
    >
      {replayId !== null && (
        <ReplayProgress webhook={webhook} replayId={replayId} onDismiss={() => setReplayId(null)} />
      )}
      <DeliveryFilterBar webhook={webhook} filters={{ ...chosen, trigger }} onFilter={filter} />
      <DeliveryList
        key={JSON.stringify(filters)}
        webhook={webhook}
        filters={filters}
        onPage={goTo}
        onClear={() => filter({})}
      />
      {isReplaying && (
        <ReplayDialog webhook={webhook} onStarted={setReplayId} onClose={() => setIsReplaying(false)} />
      )}
    </Panel>
  )
}
