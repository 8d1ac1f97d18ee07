import { Button, Group, Progress, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { replayQuery } from '../../api/replays.ts'
import type { WebhookDetail } from '../../api/webhook.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import classes from './replay-progress.module.css'

const words = strings.webhook.replay

/** How far a replay is. It goes on whether or not somebody looks. */
export function ReplayProgress({
  webhook: { id, account_id },
  replayId,
  onDismiss,
}: {
  webhook: WebhookDetail
  replayId: string
  onDismiss: () => void
}) {
  const { data, error } = useQuery(replayQuery(account_id, id, replayId))
  if (error !== null) return <ErrorPanel error={error} />
  if (data === undefined) return null
  const { count, replayed, skipped, status } = data
  const isDone = status === 'done'
  const part = count === 0 ? 100 : Math.round(((replayed + skipped) / count) * 100)
  return (
    <div className={classes['progress']}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" role="status">
          <b>{isDone ? words.done : words.running}</b>
          {' · '}
          {words.progress(replayed, count)}
          {skipped > 0 && ` · ${words.skipped(skipped)}`}
        </Text>
        <Button size="compact-xs" variant="default" onClick={onDismiss}>
          {words.dismiss}
        </Button>
      </Group>
      {!isDone && <Progress value={part} aria-label={words.label} size="sm" mt={6} />}
    </div>
  )
}
