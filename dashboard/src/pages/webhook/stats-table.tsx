import { Table } from '@mantine/core'
import type { WebhookStats } from '../../api/webhook-stats.ts'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import { Time } from '../../ui/time.tsx'
import { isEmpty } from './chart-data.ts'
import { percentText } from './percent-text.ts'
import classes from './stats-panel.module.css'

const words = strings.webhook.stats
const OUTCOMES = ['succeeded', 'failed', 'expired', 'discarded'] as const
const PERCENTILES = ['p50', 'p95', 'p99'] as const

/** The figures that the charts draw: for whoever does not see them, or wants one of them. */
export function StatsTable({ stats, webhookZone }: { stats: WebhookStats; webhookZone: string }) {
  const buckets = stats.buckets.filter((each) => !isEmpty(each)).toReversed()
  return (
    <details className={classes['table']}>
      <summary>{words.asTable}</summary>
      <div className={classes['scroll']} tabIndex={0} role="group" aria-label={words.asTable}>
        <Table stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words.from}</Table.Th>
              {OUTCOMES.map((outcome) => (
                <Table.Th key={outcome}>{words.outcomes[outcome]}</Table.Th>
              ))}
              <Table.Th>{words.success}</Table.Th>
              {PERCENTILES.map((percentile) => (
                <Table.Th key={percentile}>{words.percentileOf(words.percentiles[percentile])}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {buckets.map(({ start, deliveries, success_rate, receiver_ms }) => (
              <Table.Tr key={start}>
                <Table.Th scope="row">
                  <Time at={start} webhookZone={webhookZone} />
                </Table.Th>
                {OUTCOMES.map((outcome) => (
                  <Table.Td key={outcome}>{deliveries[outcome].toLocaleString('en')}</Table.Td>
                ))}
                <Table.Td>{success_rate === null ? words.none : percentText(success_rate)}</Table.Td>
                {PERCENTILES.map((percentile) => (
                  <Table.Td key={percentile}>
                    {receiver_ms === null ? words.none : durationText(receiver_ms[percentile])}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  )
}
