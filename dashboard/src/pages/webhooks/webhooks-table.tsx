import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { mayChange } from '../../api/session.ts'
import { triggersQuery } from '../../api/triggers.ts'
import type { Webhook } from '../../api/webhooks.ts'
import { useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { StatusBadge, type Tone } from '../../ui/status-badge.tsx'
import { WebhookActions } from './webhook-actions.tsx'
import classes from './webhooks-page.module.css'

const words = strings.webhooks
const { columns } = words
const STATUS_TONES: Record<Webhook['status'], Tone> = { active: 'good', paused: 'warn', disabled: 'quiet' }
const HEALTH_TONES: Record<Webhook['health'], Tone> = { healthy: 'good', failing: 'warn', open: 'bad' }

/** The columns of the product's own page, and health. */
export function WebhooksTable({ webhooks }: { webhooks: Webhook[] }) {
  const session = useSession()
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const nameOf = (slug: string) => triggers.find((each) => each.slug === slug)?.name ?? slug
  const canChange = mayChange(session)
  return (
    <Table className={classes['table'] ?? ''} highlightOnHover highlightOnHoverColor="var(--raised)">
      <Table.Thead>
        <Table.Tr>
          {Object.entries(columns).map(([name, title]) =>
            name === 'action' && !canChange ? null : <Table.Th key={name}>{title}</Table.Th>,
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {webhooks.map((webhook) => (
          <Table.Tr key={webhook.id}>
            <Table.Td data-label={columns.name} className={classes['name'] ?? ''}>
              <div>
                <Text fw={600}>{webhook.name}</Text>
                <Text size="sm" c="dimmed" lineClamp={2}>
                  {webhook.description}
                </Text>
              </div>
            </Table.Td>
            <Table.Td data-label={columns.url}>
              <span className={classes['url']}>{webhook.url}</span>
            </Table.Td>
            <Table.Td data-label={columns.triggers}>
              <Several of={webhook.triggers.map(nameOf)} />
            </Table.Td>
            <Table.Td data-label={columns.destination}>
              <Several
                of={webhook.destination.map((each) => words.outboundTypes[each] ?? each)}
                none={words.everywhere}
              />
            </Table.Td>
            <Table.Td data-label={columns.callType}>
              <span>{words.callTypes[webhook.call_type]}</span>
            </Table.Td>
            <Table.Td data-label={columns.status}>
              <StatusBadge tone={STATUS_TONES[webhook.status]}>{strings.status[webhook.status]}</StatusBadge>
            </Table.Td>
            <Table.Td data-label={columns.health}>
              <StatusBadge tone={HEALTH_TONES[webhook.health]}>{strings.status[webhook.health]}</StatusBadge>
            </Table.Td>
            {canChange && (
              <Table.Td data-label={columns.action}>
                <WebhookActions webhook={webhook} />
              </Table.Td>
            )}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

/** The first of several, and how many more there are. */
function Several({ of, none = '' }: { of: string[]; none?: string }) {
  const [first = none, ...more] = of
  return (
    <span title={of.join('\n')}>
      {first}{' '}
      {more.length > 0 && (
        <Text span c="dimmed">
          {words.more(more.length)}
        </Text>
      )}
    </span>
  )
}
