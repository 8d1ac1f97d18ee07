import { Loader, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Arrival } from '../../api/start.ts'
import { triggersQuery } from '../../api/triggers.ts'
import { strings } from '../../strings.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { DELIVERY_TONES } from '../../ui/tones.ts'
import type { Outcome } from './outcome.ts'
import classes from './start-page.module.css'

const words = strings.start.arrivals

/** @param arrivals in the order in which they came */
export function Arrivals({ arrivals, outcome }: { arrivals: readonly Arrival[]; outcome: Outcome }) {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const nameOf = (slug: string) => triggers.find((each) => each.slug === slug)?.name ?? slug
  const { columns } = words
  return (
    <>
      <Text role="status" mb={arrivals.length === 0 ? 0 : 'xs'} {...LOOKS[outcome]}>
        {outcome === 'waiting' && <Loader size="xs" mr="xs" />}
        {sayingOf(outcome, arrivals)}
      </Text>
      {arrivals.length > 0 && (
        <Table className={classes['arrivals'] ?? ''} withRowBorders={false}>
          <caption hidden>{words.caption}</caption>
          <Table.Thead>
            <Table.Tr>
              {Object.entries(columns).map(([name, title]) => (
                <Table.Th key={name}>{title}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {arrivals.map((arrival) => (
              <Table.Tr key={arrival.id}>
                <Table.Td>
                  <Text span size="sm" c="dimmed">
                    <Time at={arrival.created_at} />
                  </Text>
                </Table.Td>
                <Table.Td>
                  {nameOf(arrival.trigger)}{' '}
                  <Text span size="sm" c="dimmed">
                    {arrival.test ? words.test : `#${arrival.position}`}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <StatusBadge tone={DELIVERY_TONES[arrival.status]}>
                    {strings.deliveryStatuses[arrival.status]}
                  </StatusBadge>
                </Table.Td>
                <Table.Td>
                  <Text span size="sm" c="dimmed">
                    {answerOf(arrival)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  )
}

const LOOKS: Record<Outcome, { c?: string; fw?: number }> = {
  idle: { c: 'dimmed' },
  waiting: { c: 'dimmed' },
  nothing: { c: 'var(--warn)' },
  trouble: { c: 'var(--bad)' },
  arrived: { fw: 600 },
}

function sayingOf(outcome: Outcome, arrivals: readonly Arrival[]): string {
  if (outcome !== 'arrived') return words.outcomes[outcome]
  const { length } = arrivals
  if (arrivals.every(({ test }) => test)) return words.testsArrived(length)
  const isOneCall = new Set(arrivals.map(({ call_id }) => call_id)).size === 1
  return isOneCall ? words.allArrived(length) : words.arrived(length)
}

function answerOf({ last_status_code, last_error, attempt_count }: Arrival): string {
  const answer = last_status_code ?? (last_error === null ? null : (words.errors[last_error] ?? last_error))
  return [answer, attempt_count > 1 ? words.attempts(attempt_count) : null]
    .filter((part) => part !== null)
    .join(' · ')
}
