import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { triggersQuery } from '../../api/triggers.ts'
import { useTest, type TestAttempt, type WebhookDetail } from '../../api/webhook.ts'
import { strings } from '../../strings.ts'
import { durationText } from '../../ui/duration.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { classText } from './failure-text.ts'
import { Panel } from './panel.tsx'
import classes from './test-panel.module.css'

const words = strings.webhook.test

/** A sample event, sent now, with what the receiver answers. */
export function TestPanel({ webhook }: { webhook: WebhookDetail }) {
  const { id, account_id, triggers } = webhook
  const names = useQuery(triggersQuery).data?.data ?? []
  const [chosen, setChosen] = useState<string>()
  const testing = useTest(account_id, id)
  const trigger = triggers.find((each) => each === chosen) ?? triggers[0]
  return (
    <Panel title={words.title} anchor="test">
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {words.why}
        </Text>
        <Group gap="xs" align="end" wrap="nowrap">
          <NativeSelect
            className={classes['trigger'] ?? ''}
            size="xs"
            aria-label={words.trigger}
            value={trigger}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={triggers.map((slug) => ({
              value: slug,
              label: names.find((each) => each.slug === slug)?.name ?? slug,
            }))}
          />
          <Button
            size="xs"
            variant="default"
            loading={testing.isPending}
            onClick={() => trigger !== undefined && testing.mutate(trigger)}
          >
            {words.send}
          </Button>
        </Group>
        <div role="status">
          {testing.isPending && <Text size="sm">{words.sending}</Text>}
          {testing.data !== undefined && <Answer attempt={testing.data} />}
        </div>
        {testing.error !== null && <ErrorPanel error={testing.error} />}
      </Stack>
    </Panel>
  )
}

function Answer({ attempt: { status_code, error, duration_ms, response_body } }: { attempt: TestAttempt }) {
  const ms = durationText(duration_ms)
  const isAnswer = status_code !== null
  return (
    <Stack gap="xs">
      <div>
        <StatusBadge tone={error === null ? 'good' : 'bad'}>
          {isAnswer ? words.answered(status_code, ms) : words.failed(classText(error ?? 'lost'), ms)}
        </StatusBadge>
      </div>
      {response_body === null || response_body === '' ? (
        <Text size="xs" c="dimmed">
          {words.noBody}
        </Text>
      ) : (
        <pre className={classes['body']} tabIndex={0} aria-label={words.body} role="group">
          {response_body}
        </pre>
      )}
    </Stack>
  )
}
