import { Anchor, Checkbox, Table, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { memo } from 'react'
import type { Volume } from '../../api/webhooks-stats.ts'
import type { Webhook, WebhookAction } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { StatusBadge, type Tone } from '../../ui/status-badge.tsx'
import { hrefOf } from './href-of.ts'
import { VolumeCell } from './volume-cell.tsx'
import { WebhookActions } from './webhook-actions.tsx'
import classes from './webhooks-table.module.css'

const words = strings.webhooks
const { columns } = words
const STATUS_TONES: Record<Webhook['status'], Tone> = { active: 'good', paused: 'warn', disabled: 'quiet' }
const HEALTH_TONES: Record<Webhook['health'], Tone> = { healthy: 'good', failing: 'warn', open: 'bad' }

export interface RowProps {
  webhook: Webhook
  /** Of its triggers. */
  triggerNames: ReadonlyMap<string, string>
  volume: Volume | null | undefined
  canChange: boolean
  isSelected: boolean
  isBusy: boolean
  onSelect: (id: string, isSelected: boolean) => void
  onAction: (webhook: Webhook, action: WebhookAction) => void
}

/** Drawn again only if something of it is another: there are many, and each has a menu. */
export const WebhookRow = memo(function WebhookRow({
  webhook,
  triggerNames,
  volume,
  canChange,
  isSelected,
  isBusy,
  onSelect,
  onAction,
}: RowProps) {
  const { account } = useSearch({ from: '/signed-in' })
  const { id, name, description, url, triggers, destination, numbers_missing, status, health } = webhook
  return (
    <Table.Tr aria-busy={isBusy} data-selected={isSelected}>
      {canChange && (
        <Table.Td className={classes['select'] ?? ''}>
          <Checkbox
            size="xs"
            aria-label={words.select(name)}
            checked={isSelected}
            onChange={(event) => onSelect(id, event.currentTarget.checked)}
          />
        </Table.Td>
      )}
      <Table.Td data-label={columns.name} className={classes['name'] ?? ''}>
        <div>
          <Anchor href={hrefOf(`/webhooks/${id}`, account)} fw={600} c="var(--mantine-color-text)">
            {name}
          </Anchor>
          {description !== '' && (
            <Text size="sm" c="dimmed" lineClamp={2} title={description}>
              {description}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label={columns.url} className={classes['url'] ?? ''}>
        <span title={url}>{url}</span>
      </Table.Td>
      <Table.Td data-label={columns.triggers}>
        <Several of={triggers.map((slug) => triggerNames.get(slug) ?? slug)} />
      </Table.Td>
      <Table.Td data-label={columns.destination}>
        <div>
          <Several
            of={destination.map((each) => words.outboundTypes[each] ?? each)}
            none={words.everywhere}
          />
          {numbers_missing.length > 0 && (
            <Text size="xs" c="var(--warn)">
              {words.missing(numbers_missing.length)}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label={columns.callType}>
        <span>{words.callTypes[webhook.call_type]}</span>
      </Table.Td>
      <Table.Td data-label={columns.status}>
        <div>
          <StatusBadge tone={STATUS_TONES[status]}>{strings.status[status]}</StatusBadge>
          {webhook.status_reason !== null && (
            <Text size="xs" c="dimmed">
              {webhook.status_reason}
            </Text>
          )}
          {volume != null && volume.held > 0 && (
            <Text size="xs" c="var(--warn)">
              {words.volume.held(volume.held)}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td data-label={columns.health}>
        <StatusBadge tone={HEALTH_TONES[health]}>{strings.status[health]}</StatusBadge>
      </Table.Td>
      <Table.Td data-label={columns.volume}>
        <VolumeCell volume={volume} />
      </Table.Td>
      {canChange && (
        <Table.Td className={classes['action'] ?? ''}>
          <WebhookActions webhook={webhook} isBusy={isBusy} onAction={onAction} />
        </Table.Td>
      )}
    </Table.Tr>
  )
})

/** The first of several, and how many more there are; all of them for who points at it or listens. */
function Several({ of, none = '' }: { of: string[]; none?: string }) {
  const [first = none, ...more] = of
  if (more.length === 0) return <span>{first}</span>
  return (
    <span title={of.join('\n')}>
      {first}{' '}
      <Text span c="dimmed" aria-hidden="true">
        {words.more(more.length)}
      </Text>
      <span className={classes['unseen']}>{more.join(', ')}</span>
    </span>
  )
}
