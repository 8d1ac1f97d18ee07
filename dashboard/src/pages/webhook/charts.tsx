import { useMemo } from 'react'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import type { WebhookStats } from '../../api/webhook-stats.ts'
import { endedIn, latencyOf, rateOf, startsOf, volumeOf } from './chart-data.ts'
import { Chart } from './chart.tsx'
import classes from './stats-panel.module.css'
import { percentText } from './percent-text.ts'

const words = strings.webhook.stats

/** The three of them, on one axis of time: the cursor of one is that of all. */
export default function Charts({ stats, webhookZone }: { stats: WebhookStats; webhookZone: string }) {
  const { bucket_seconds: bucketSeconds, total } = stats
  // The same for as long as the figures are: a cursor that moves draws nothing anew.
  const { starts, volume, rate, latency } = useMemo(
    () => ({
      starts: startsOf(stats),
      volume: volumeOf(stats),
      rate: rateOf(stats),
      latency: latencyOf(stats),
    }),
    [stats],
  )
  const shared = { starts, bucketSeconds, webhookZone }
  const p95 = total.receiver_ms?.p95
  return (
    <div className={classes['charts']}>
      <Chart
        {...shared}
        title={words.volume}
        figure={endedIn(total).toLocaleString('en')}
        kind="bars"
        series={volume}
        names={words.outcomes}
        text={(value) => Math.round(value).toLocaleString('en')}
      />
      <Chart
        {...shared}
        title={words.success}
        figure={total.success_rate === null ? words.none : percentText(total.success_rate)}
        kind="line"
        most={1}
        series={rate}
        names={words.rates}
        text={percentText}
      />
      <Chart
        {...shared}
        title={words.latency}
        figure={p95 === undefined ? words.none : `${words.percentiles.p95} ${durationText(p95)}`}
        kind="line"
        series={latency}
        names={words.percentiles}
        text={durationText}
      />
    </div>
  )
}
