import { Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { WebhookDetail } from '../../api/webhook.ts'
import { replayCountQuery, useReplay, type ReplayWhat } from '../../api/webhook-replays.ts'
import { strings } from '../../strings.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { TimeInput } from './time-input.tsx'

const words = strings.webhook.replay
const HOUR_MS = 3_600_000
const STATUSES = ['failed', 'expired', 'discarded'] as const

/** All that failed since a time, once more: first how many that is, then the start. */
export function ReplayDialog({
  webhook,
  onStarted,
  onClose,
}: {
  webhook: WebhookDetail
  onStarted: (replayId: string) => void
  onClose: () => void
}) {
  const { id, account_id, status, time_zone } = webhook
  const [choice, setChoice] = useState<string>('24')
  const [time, setTime] = useState<string>()
  const [statuses, setStatuses] = useState<string[]>(['failed'])
  const since = useMemo(
    () => (choice === 'other' ? time : new Date(Date.now() - Number(choice) * HOUR_MS).toISOString()),
    [choice, time],
  )
  const asked = STATUSES.filter((each) => statuses.includes(each))
  const isDisabled = status === 'disabled'
  const what: ReplayWhat | null =
    since === undefined || asked.length === 0 || isDisabled ? null : { since, statuses: asked }
  const counted = useQuery(replayCountQuery(account_id, id, what))
  const starting = useReplay(account_id, id)
  const count = what === null ? undefined : counted.data
  const start = () => {
    if (what === null) return
    starting.mutate(what, {
      onSuccess: (replay) => {
        if (replay.id !== null) onStarted(replay.id)
        onClose()
      },
    })
  }
  return (
    <Dialog title={words.title} onClose={onClose}>
      <Stack>
        <Text>{words.why}</Text>
        <NativeSelect
          label={words.since}
          value={choice}
          data={words.choices.map(([value, label]) => ({ value, label }))}
          onChange={(event) => setChoice(event.currentTarget.value)}
          data-autofocus
        />
        {choice === 'other' && (
          <TimeInput label={words.sinceTime} value={time} webhookZone={time_zone} onTime={setTime} />
        )}
        <Checkbox.Group label={words.statuses} value={statuses} onChange={setStatuses}>
          <Group mt={4}>
            {STATUSES.map((each) => (
              <Checkbox key={each} value={each} label={strings.deliveryStatuses[each]} />
            ))}
          </Group>
        </Checkbox.Group>
        <Text fw={600} role="status">
          {isDisabled
            ? words.disabled
            : what === null
              ? words.incomplete
              : count === undefined
                ? counted.isError
                  ? ''
                  : words.counting
                : words.would(count)}
        </Text>
        {status === 'paused' && count !== undefined && count > 0 && <Text>{words.paused}</Text>}
        {counted.error !== null && <ErrorPanel error={counted.error} retry={() => void counted.refetch()} />}
        {starting.error !== null && <ErrorPanel error={starting.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {strings.common.cancel}
          </Button>
          <Button onClick={start} loading={starting.isPending} disabled={count === undefined || count === 0}>
            {words.start(count ?? 0)}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
