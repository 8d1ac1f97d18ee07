import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { WebhookDetail } from '../../api/webhook.ts'
import { lastFailureQuery } from '../../api/webhook-deliveries.ts'
import { webhookStatsQuery } from '../../api/webhook-stats.ts'
import { strings } from '../../strings.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { durationText } from '../../ui/duration.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { commonest, failureText, mostOf } from './failure-text.ts'
import classes from './standing.module.css'
import { HEALTH_TONES, STATUS_TONES } from '../../ui/tones.ts'

const words = strings.webhook

/** How the webhook stands, and why: its status, its health with the reason, and what waits. */
export function Standing({ webhook }: { webhook: WebhookDetail }) {
  const { status, status_changed_at, status_reason, health, url, method, description } = webhook
  return (
    <div className={classes['standing']} role="group" aria-label={words.stands}>
      <div className={classes['line']}>
        <StatusBadge tone={STATUS_TONES[status]}>{strings.status[status]}</StatusBadge>
        <Text size="sm" c="dimmed">
          {words.since} <Time at={status_changed_at} webhookZone={webhook.time_zone} />
        </Text>
        <StatusBadge tone={HEALTH_TONES[health]}>{strings.status[health]}</StatusBadge>
      </div>
      <div className={classes['line']}>
        <code className={classes['url']}>
          <b>{method}</b> {url}
        </code>
        <CopyButton text={url} what={words.theUrl} />
      </div>
      {description !== '' && <Text c="dimmed">{description}</Text>}
      {status === 'disabled' && status_reason !== null && (
        <Notice tone="bad" title={words.health.disabledItself}>
          {status_reason}
        </Notice>
      )}
      {status !== 'disabled' && health !== 'healthy' && <Unhealthy webhook={webhook} health={health} />}
      <Waiting webhook={webhook} />
    </div>
  )
}

function Unhealthy({ webhook, health }: { webhook: WebhookDetail; health: 'failing' | 'open' }) {
  const { id, account_id } = webhook
  const stats = useQuery(webhookStatsQuery(account_id, id, '1h')).data
  const errors = stats?.total.attempts.errors ?? {}
  const last = useQuery(lastFailureQuery(account_id, id, commonest(errors))).data
  const mostly = mostOf(errors)
  return (
    <Notice tone={health === 'open' ? 'bad' : 'warn'} title={words.health[health]}>
      {health === 'open' ? words.health.openWhy : words.health.failingWhy}
      {last != null && <> {words.health.last(failureText(last))}</>}
      {mostly !== null && <> {words.health.mostly(mostly)}</>}
    </Notice>
  )
}

/** What is held, and for how long the oldest of all that is open has waited. */
function Waiting({ webhook: { id, account_id, status } }: { webhook: WebhookDetail }) {
  const stats = useQuery(webhookStatsQuery(account_id, id, '1h')).data
  if (stats === undefined || stats.oldest_waiting_at === null) return null
  const age = durationText(Date.now() - Date.parse(stats.oldest_waiting_at))
  const isLong = Date.now() - Date.parse(stats.oldest_waiting_at) > SOON_MS
  if (stats.held === 0 && !isLong) return null
  const title = stats.held > 0 ? words.held.held(words.held.most(stats.held), stats.held) : words.held.waits
  return (
    <Notice tone="warn" title={title}>
      {words.held.oldest(age)}
      {stats.held > 0 && status === 'paused' && ` ${words.held.paused}`}
    </Notice>
  )
}

/** What waits for less is on its way (ms). */
const SOON_MS = 30_000

function Notice({
  tone,
  title,
  children,
}: {
  tone: 'warn' | 'bad'
  title: string
  children: React.ReactNode
}) {
  return (
    <div className={`${classes['notice']} ${classes[tone]}`}>
      <Text span fw={600}>
        {title}.
      </Text>{' '}
      {children}
    </div>
  )
}
