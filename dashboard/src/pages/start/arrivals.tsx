import { Loader, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Arrival } from '../../api/start.ts'
import { triggersQuery } from '../../api/triggers.ts'
import { strings } from '../../strings.ts'
import { StatusBadge, type Tone } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import classes from './start-page.module.css'

const words = strings.start.arrivals
const TONES: Record<Arrival['status'], Tone> = {
  pending: 'quiet',
  held: 'warn',
  succeeded: 'good',
  failed: 'bad',
  expired: 'bad',
  discarded: 'quiet',
}

/** @param arrivals in the order in which they came */
export function Arrivals({ arrivals, summary }: { arrivals: readonly Arrival[]; summary: string | null }) {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const nameOf = (slug: string) => triggers.find((each) => each.slug === slug)?.name ?? slug
  const { columns } = words
  return (
    <>
      <Text role="status" mb={arrivals.length === 0 ? 0 : 'xs'} fw={summary === null ? 400 : 600}>
        {summary ?? (
          <Text span c="dimmed">
            <Loader size="xs" mr="xs" />
            {words.waiting}
          </Text>
        )}
      </Text>
      {arrivals.length > 0 && (
        <Table className={classes['arrivals'] ?? ''}>
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
                  <StatusBadge tone={TONES[arrival.status]}>{words.statuses[arrival.status]}</StatusBadge>
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

function answerOf({ last_status_code, last_error, attempt_count }: Arrival): string {
  const answer = last_status_code ?? (last_error === null ? null : (words.errors[last_error] ?? last_error))
  return [answer, attempt_count > 1 ? words.attempts(attempt_count) : null]
    .filter((part) => part !== null)
    .join(' · ')
}
