import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import type { Volume } from '../../api/webhooks-stats.ts'
import type { Webhook, WebhookAction } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { VolumeCell } from './volume-cell.tsx'
import { WebhookActions } from './webhook-actions.tsx'
import { HEALTH_TONES, STATUS_TONES } from '../../ui/tones.ts'
import classes from './webhooks-table.module.css'

const words = strings.webhooks
const { columns } = words

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

/**
 * Drawn again only if something of it is another: there are many, and each has a menu. Of plain elements, because those of
 * Mantine take a fifth of a second for a page of rows.
 */
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
  const { id, name, description, url, triggers, destination, numbers_missing, status, health } = webhook
  return (
    <tr aria-busy={isBusy} data-selected={isSelected}>
      {canChange && (
        <td className={classes['select']}>
          <input
            type="checkbox"
            className={classes['box']}
            aria-label={words.select(name)}
            checked={isSelected}
            onChange={(event) => onSelect(id, event.currentTarget.checked)}
          />
        </td>
      )}
      <td data-label={columns.name} className={classes['name']}>
        <div>
          <Link to="/webhooks/$webhookId" params={{ webhookId: id }} className={classes['title']}>
            {name}
          </Link>
          {description !== '' && (
            <div className={classes['description']} title={description}>
              {description}
            </div>
          )}
        </div>
      </td>
      <td data-label={columns.url} className={classes['url']}>
        <span title={url}>{url}</span>
      </td>
      <td data-label={columns.triggers}>
        <Several of={triggers.map((slug) => triggerNames.get(slug) ?? slug)} />
      </td>
      <td data-label={columns.destination}>
        <div>
          <Several
            of={destination.map((each) => words.outboundTypes[each] ?? each)}
            none={words.everywhere}
          />
          {numbers_missing.length > 0 && (
            <div className={classes['note']} data-tone="warn">
              {words.missing(numbers_missing.length)}
            </div>
          )}
        </div>
      </td>
      <td data-label={columns.callType}>
        <span>{words.callTypes[webhook.call_type]}</span>
      </td>
      <td data-label={columns.status}>
        <div>
          <StatusBadge tone={STATUS_TONES[status]}>{strings.status[status]}</StatusBadge>
          {webhook.status_reason !== null && <div className={classes['note']}>{webhook.status_reason}</div>}
          {volume != null && volume.held > 0 && (
            <div className={classes['note']} data-tone="warn">
              {words.volume.held(volume.held)}
            </div>
          )}
        </div>
      </td>
      <td data-label={columns.health}>
        <StatusBadge tone={HEALTH_TONES[health]}>{strings.status[health]}</StatusBadge>
      </td>
      <td data-label={columns.volume}>
        <VolumeCell volume={volume} />
      </td>
      {canChange && (
        <td className={classes['action']}>
          <WebhookActions webhook={webhook} isBusy={isBusy} onAction={onAction} />
        </td>
      )}
    </tr>
  )
})

/** The first of several, and how many more there are; all of them for who points at it or listens. */
function Several({ of, none = '' }: { of: string[]; none?: string }) {
  const [first = none, ...more] = of
  if (more.length === 0) return <span>{first}</span>
  return (
    <span title={of.join('\n')}>
      {first}{' '}
      <span className={classes['more']} aria-hidden="true">
        {words.more(more.length)}
      </span>
      <span className={classes['unseen']}>{more.join(', ')}</span>
    </span>
  )
}
