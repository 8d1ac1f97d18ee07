import { Text } from '@mantine/core'
import type { TimedDelivery } from '../../api/deliveries.ts'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import { Time } from '../../ui/time.tsx'
import classes from './delivery-detail.module.css'

const words = strings.deliveryDetail

/** What a delivery waited for, as its call's timeline tells it; null if the call is past its retention. */
export function Waits({ timed }: { timed: TimedDelivery | null }) {
  if (timed === null) return <Text c="dimmed">{words.waitsGone}</Text>
  if (timed.waits.length === 0) return <Text c="dimmed">{words.noWaits}</Text>
  return (
    <dl className={classes['waits']}>
      {timed.waits.map(({ why, from, until }) => (
        <div key={`${why} ${from}`} style={{ display: 'contents' }}>
          <dt>{until === null ? words.stillWaits : durationText(Date.parse(until) - Date.parse(from))}</dt>
          <dd>
            {words.whys[why]}{' '}
            <Text span size="sm" c="dimmed">
              {words.from} <Time at={from} />
            </Text>
          </dd>
        </div>
      ))}
    </dl>
  )
}
