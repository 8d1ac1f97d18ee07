import { Group, Text } from '@mantine/core'
import type { Attempt } from '../../api/deliveries.ts'
import { strings } from '../../strings.ts'
import { BodyText } from '../../ui/body-text.tsx'
import { durationText } from '../../ui/duration.ts'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { answerText } from './answer-text.ts'
import classes from './delivery-detail.module.css'

const words = strings.deliveryDetail

/** Each attempt with what came of it. @param nextAt when the next one is due */
export function Attempts({ attempts, nextAt }: { attempts: Attempt[]; nextAt: string | null }) {
  const last = attempts.at(-1)?.number
  return (
    <>
      {attempts.length === 0 && <Text c="dimmed">{words.noAttempt}</Text>}
      <ol className={classes['attempts']}>
        {attempts.map((attempt) => (
          <li key={attempt.id} className={classes['attempt']}>
            <One attempt={attempt} isLast={attempt.number === last} />
          </li>
        ))}
      </ol>
      {nextAt !== null && (
        <Text size="sm" c="dimmed" mt="xs">
          {words.next} <Time at={nextAt} />
        </Text>
      )}
    </>
  )
}

function One({ attempt, isLast }: { attempt: Attempt; isLast: boolean }) {
  const { number, started_at, duration_ms, via, error, response_body, cleaned_headers } = attempt
  return (
    <>
      <Group gap="xs">
        <Text span inherit fw={600}>
          {words.attempt(number)}
        </Text>
        <StatusBadge tone={error === null ? 'good' : 'bad'}>{answerText(attempt)}</StatusBadge>
        <Text span inherit>
          {durationText(duration_ms)}
        </Text>
      </Group>
      <Text size="sm" c="dimmed">
        <Time at={started_at} />
        {words.vias[via] !== null && ` · ${words.vias[via]}`}
      </Text>
      {cleaned_headers.length > 0 && <Text size="sm">{words.cleaned(cleaned_headers)}</Text>}
      {response_body !== null && response_body !== '' && (
        <details open={isLast}>
          <summary>{words.answer}</summary>
          <BodyText text={response_body} what={words.answerOf(number)} />
        </details>
      )}
    </>
  )
}
