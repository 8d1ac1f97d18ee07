import { Progress, Text } from '@mantine/core'
import type { Replay } from '../../api/replays.ts'
import { strings } from '../../strings.ts'
import classes from './replays.module.css'

const words = strings.replays

/** How far a replay is, in words and as a bar. @param of whose it is, for those who do not see where it stands */
export function ReplayProgress({
  replay: { count, replayed, skipped, status },
  of,
}: {
  replay: Pick<Replay, 'count' | 'replayed' | 'skipped' | 'status'>
  of: string
}) {
  const done = replayed + skipped
  const share = status === 'done' ? 100 : count === 0 ? 0 : Math.floor((done / count) * 100)
  return (
    <div className={classes['progress']}>
      <Progress.Root size="sm" transitionDuration={0}>
        <Progress.Section
          value={share}
          aria-label={words.progressOf(of)}
          color={status === 'done' ? 'var(--good)' : 'brand'}
        />
      </Progress.Root>
      <Text size="sm">
        {words.progress(replayed, count)}
        {skipped > 0 && (
          <Text span inherit c="dimmed">
            {' · '}
            {words.skipped(skipped)}
          </Text>
        )}
      </Text>
    </div>
  )
}
