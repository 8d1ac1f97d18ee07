import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { triggersQuery } from '../../api/triggers.ts'
import type { WebhookDetail } from '../../api/webhook.ts'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import { Time } from '../../ui/time.tsx'
import classes from './configuration-panel.module.css'
import { Panel } from './panel.tsx'

const words = strings.webhook.configuration
const { callTypes, outboundTypes } = strings.webhooks

/** What the webhook is set up to send, and when; what is left at its default is not told unless it says something. */
export function ConfigurationPanel({ webhook }: { webhook: WebhookDetail }) {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const { method, content_type, call_type, outbound_types, numbers, headers, parameters } = webhook
  const types = outbound_types.map((each) => outboundTypes[each] ?? each)
  return (
    <Panel title={words.title} anchor="configuration">
      {webhook.warnings.length > 0 && (
        <ul className={classes['warnings']} aria-label={words.warnings}>
          {webhook.warnings.map(({ path, message }) => (
            <li key={path + message}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      )}
      <dl className={classes['facts']}>
        <Fact name={words.triggers}>
          <ul>
            {webhook.triggers.map((slug) => {
              const trigger = triggers.find((each) => each.slug === slug)
              return (
                <li key={slug}>
                  {trigger?.name ?? slug}
                  {trigger?.deprecated === true && (
                    <Text span c="dimmed">
                      {' '}
                      ({words.deprecated})
                    </Text>
                  )}
                </li>
              )
            })}
          </ul>
        </Fact>
        <Fact name={words.request}>
          {method} {method === 'POST' && content_type.replace('application/', '')},{' '}
          {words.contents[webhook.body]}
          {webhook.value_types === 'strings' && `, ${words.strings}`}
        </Fact>
        <Fact name={words.calls}>{[callTypes[call_type], ...types].join(' · ')}</Fact>
        <Fact name={words.numbers}>{numbers.length === 0 ? words.allNumbers : numbers.join(', ')}</Fact>
        <Fact name={words.times}>
          {words.timeFormats[webhook.date_time_format]}, {webhook.time_zone}
        </Fact>
        <Pairs name={words.headers} pairs={headers} />
        <Pairs name={words.parameters} pairs={parameters} />
        <Fact name={words.order}>{words.orders[webhook.ordering]}</Fact>
        {webhook.rate_limit !== null && <Fact name={words.rate}>{words.perSecond(webhook.rate_limit)}</Fact>}
        {webhook.max_age_seconds !== null && (
          <Fact name={words.age}>{durationText(webhook.max_age_seconds * 1000)}</Fact>
        )}
        <Fact name={words.updated}>
          <Time at={webhook.updated_at} webhookZone={webhook.time_zone} />
        </Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Pairs({ name, pairs }: { name: string; pairs: WebhookDetail['headers'] }) {
  if (pairs.length === 0) return null
  return (
    <Fact name={name}>
      <ul className={classes['pairs']}>
        {pairs.map(({ key, value }) => (
          <li key={key}>
            <code>{key}</code> <span>{value}</span>
          </li>
        ))}
      </ul>
    </Fact>
  )
}
