import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { playCall, sendTest, type FirstWebhook } from '../../api/start.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { SAMPLE_TRIGGERS, sampleCall, sampleCallId } from './sample-call.ts'
import classes from './start-page.module.css'

const words = strings.start.call
/** So that one sees the events come one by one. */
const PAUSE_MS = 400

/** For an operator: a call, by the same way as the telephony core's. */
export function PlayCall({
  account,
  isAgain,
  isNext,
  onPlaying,
}: {
  account: string
  isAgain: boolean
  /** The step before it has just been made: what was focused is gone. */
  isNext: boolean
  onPlaying: (callId: string) => void
}) {
  const [sent, setSent] = useState(0)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const nowMs = Date.now()
      const callId = sampleCallId(nowMs, Math.random())
      setSent(0)
      await playCall(account, sampleCall(callId, nowMs), PAUSE_MS, (count) => {
        setSent(count)
        if (count === 1) onPlaying(callId)
      })
    },
  })
  return (
    <Send
      label={isAgain ? words.playAgain : words.play}
      why={words.playWhy}
      progress={isPending ? words.playing(sent, SAMPLE_TRIGGERS.length) : null}
      isAgain={isAgain}
      isNext={isNext}
      error={error}
      onSend={() => mutate()}
    />
  )
}

/** For whoever may change webhooks and post no events: samples of what this one takes. */
export function SendTests({
  webhook,
  isAgain,
  isNext,
}: {
  webhook: FirstWebhook
  isAgain: boolean
  isNext: boolean
}) {
  const [sent, setSent] = useState(0)
  const triggers = webhook.triggers.slice(0, SAMPLE_TRIGGERS.length)
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      setSent(0)
      for (const [index, trigger] of triggers.entries()) {
        const attempt = await sendTest(webhook.id, trigger)
        setSent(index + 1)
        // The others would find the same.
        if (attempt.error !== null) break
      }
    },
  })
  return (
    <Send
      label={isAgain ? words.testAgain : words.test}
      why={words.testWhy}
      progress={isPending ? words.testing(sent, triggers.length) : null}
      isAgain={isAgain}
      isNext={isNext}
      error={error}
      onSend={() => mutate()}
    />
  )
}

function Send({
  label,
  why,
  progress,
  isAgain,
  isNext,
  error,
  onSend,
}: {
  label: string
  why: string
  progress: string | null
  isAgain: boolean
  isNext: boolean
  error: Error | null
  onSend: () => void
}) {
  return (
    <Stack gap="xs">
      <p className={classes['why']}>{why}</p>
      <Group>
        <Button
          variant={isAgain ? 'default' : 'filled'}
          loading={progress !== null}
          autoFocus={isNext}
          onClick={onSend}
        >
          {label}
        </Button>
        <Text role="status" c="dimmed">
          {progress}
        </Text>
      </Group>
      {error !== null && <ErrorPanel error={error} />}
    </Stack>
  )
}
