import { SegmentedControl, Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { CatchBoundary, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import type { WebhookDetail } from '../../api/webhook.ts'
import { WINDOWS, webhookStatsQuery, type StatsWindow, type WebhookStats } from '../../api/webhook-stats.ts'
import { oneOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { isEmpty } from './chart-data.ts'
import { mostOf } from './failure-text.ts'
import { Panel } from './panel.tsx'
import classes from './stats-panel.module.css'
import { StatsTable } from './stats-table.tsx'

const words = strings.webhook.stats
/** As high as they will be, so that nothing moves once they are there. */
const CHARTS_PX = 158
// uPlot is of this page alone, and the page is read before its charts are.
const Charts = lazy(async () => import('./charts.tsx'))

/** Volume, success and latency over time, as charts and as a table of the same figures. */
export function StatsPanel({ webhook: { id, account_id, time_zone } }: { webhook: WebhookDetail }) {
  const { window: asked = '24h' } = useSearch({ from: '/signed-in/webhooks/$webhookId' })
  const navigate = useNavigate({ from: '/webhooks/$webhookId' })
  const { data, error, refetch } = useQuery(webhookStatsQuery(account_id, id, asked))
  const choose = (value: string) =>
    void navigate({
      search: (search) => ({ ...search, window: oneOf(WINDOWS, value) }),
      replace: true,
      resetScroll: false,
    })
  return (
    <Panel
      title={words.title}
      controls={
        <SegmentedControl
          size="xs"
          aria-label={words.window}
          value={asked}
          data={WINDOWS.map((value) => ({ value, label: words.windows[value] }))}
          onChange={choose}
        />
      }
    >
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={CHARTS_PX} />}
      {data !== undefined && (
        // Without them the page is still of use: the table has their figures.
        <CatchBoundary getResetKey={() => 'charts'} errorComponent={NoCharts}>
          <Suspense fallback={<Skeleton height={CHARTS_PX} />}>
            <Charts stats={data} webhookZone={time_zone} />
          </Suspense>
        </CatchBoundary>
      )}
      {data !== undefined && <Sum stats={data} window={asked} />}
      {data !== undefined && !isEmpty(data.total) && <StatsTable stats={data} webhookZone={time_zone} />}
    </Panel>
  )
}

function NoCharts() {
  return (
    <Text size="sm" c="dimmed">
      {words.noCharts}
    </Text>
  )
}

/** What the charts do not tell of the window. */
function Sum({ stats, window }: { stats: WebhookStats; window: StatsWindow }) {
  const { attempts, done_ms } = stats.total
  const errors = mostOf(attempts.errors)
  if (isEmpty(stats.total)) {
    return (
      <Text size="sm" c="dimmed" className={classes['sum'] ?? ''}>
        {words.empty(words.windows[window])}
      </Text>
    )
  }
  return (
    <dl className={classes['sum']}>
      <div>
        <dt>{words.attempts}</dt>
        <dd>{words.ofWhichRetries(attempts.total, attempts.retries)}</dd>
      </div>
      {errors !== null && (
        <div>
          <dt>{words.errors}</dt>
          <dd>{errors}</dd>
        </div>
      )}
      {done_ms !== null && (
        <div>
          <dt>{words.done}</dt>
          <dd>
            {words.percentiles.p50} {durationText(done_ms.p50)}, {words.percentiles.p95}{' '}
            {durationText(done_ms.p95)}
          </dd>
        </div>
      )}
    </dl>
  )
}
