import { Button, Group, List, Progress, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { changeWebhook, readAgain, type Webhook } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { changeEach, targetsOf, type BulkAction, type BulkResult } from './bulk.ts'
import { useWaiting, WaitingText } from './waiting-text.tsx'

const words = strings.webhooks.bulk
/** Names that are listed one by one. */
const MOST_NAMED = 8

interface Step {
  at: number
  name: string
}

/** Pauses or enables several, one after the other: says what will happen, then how far it is, then what became of it. */
export function BulkDialog({
  account,
  action,
  selected,
  onDone,
  onClose,
}: {
  account: string
  action: BulkAction
  selected: readonly Webhook[]
  onDone: (text: string) => void
  onClose: () => void
}) {
  // Those that were selected when it was asked, in the version that was shown then.
  const [targets] = useState(() => targetsOf(selected, action))
  const [skipped] = useState(selected.length - targets.length)
  const [step, setStep] = useState<Step | null>(null)
  const stop = useRef(new AbortController())
  const queries = useQueryClient()
  useEffect(() => {
    const controller = stop.current
    return () => controller.abort()
  }, [])
  const running = useMutation({
    mutationFn: async () =>
      changeEach(
        targets,
        async (webhook) => changeWebhook(webhook, action),
        (at, { name }) => setStep({ at, name }),
        stop.current.signal,
      ),
    onSuccess: ({ done, failed, left }) => {
      if (failed.length + left.length > 0) return
      onDone(words.done[action](done.length))
      onClose()
    },
    onSettled: async () => readAgain(queries, account),
  })
  const isRunning = running.isPending

  return (
    <Dialog title={words.title[action](targets.length)} isHeld={isRunning} onClose={onClose}>
      {running.error !== null ? (
        <ErrorPanel error={running.error} />
      ) : running.data !== undefined ? (
        <Result action={action} result={running.data} onClose={onClose} />
      ) : isRunning && step !== null ? (
        <Stack gap="sm">
          <Text role="status">{words.step(step.at + 1, targets.length, step.name)}</Text>
          <Progress value={(step.at / targets.length) * 100} aria-label={words.progress} />
          <Group justify="flex-end">
            <Button variant="default" data-autofocus onClick={() => stop.current.abort()}>
              {words.stop}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Plan
          account={account}
          action={action}
          targets={targets}
          skipped={skipped}
          onConfirm={() => running.mutate()}
          onClose={onClose}
        />
      )}
    </Dialog>
  )
}

function Plan({
  account,
  action,
  targets,
  skipped,
  onConfirm,
  onClose,
}: {
  account: string
  action: BulkAction
  targets: readonly Webhook[]
  skipped: number
  onConfirm: () => void
  onClose: () => void
}) {
  const waiting = useWaiting(
    account,
    targets.map(({ id }) => id),
  )
  const more = targets.length - MOST_NAMED
  return (
    <Stack gap="sm">
      {targets.length > 0 && (
        <>
          <List size="sm">
            {targets.slice(0, MOST_NAMED).map(({ id, name }) => (
              <List.Item key={id}>{name}</List.Item>
            ))}
            {more > 0 && <List.Item>{words.more(more)}</List.Item>}
          </List>
          <WaitingText waiting={waiting} then={words.waits[action]} />
        </>
      )}
      {skipped > 0 && <Text c="dimmed">{words.skipped[action](skipped)}</Text>}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {strings.common.cancel}
        </Button>
        {targets.length > 0 && (
          <Button onClick={onConfirm} disabled={waiting.isPending} data-autofocus>
            {words.confirm[action](targets.length)}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Result({
  action,
  result: { done, failed, left },
  onClose,
}: {
  action: BulkAction
  result: BulkResult
  onClose: () => void
}) {
  return (
    <Stack gap="sm" role="alert">
      <Text>{words.done[action](done.length)}</Text>
      {failed.length > 0 && (
        <div>
          <Text fw={600}>{words.failed(failed.length)}</Text>
          <List size="sm">
            {failed.map(({ id, name, problem }) => (
              <List.Item key={id}>
                {name}: {problem.code === 'precondition_failed' ? words.changed : problem.message}
              </List.Item>
            ))}
          </List>
        </div>
      )}
      {left.length > 0 && <Text>{words.left(left.length, left.join(', '))}</Text>}
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          {strings.common.close}
        </Button>
      </Group>
    </Stack>
  )
}
