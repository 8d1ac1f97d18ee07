import { Button, Group, Loader, Text } from '@mantine/core'
import { strings } from '../strings.ts'
import type { Portions } from './use-portions.ts'

const words = strings.lists

/** How far a list has been looked through, with a way to stop and to look on. */
export function LookingOn<T>({ portions }: { portions: Portions<T> }) {
  const { state, looks, items = [], stop, lookOn } = portions
  // One answer is no search.
  if (state === 'done' || (state === 'looking' && looks < 2)) return null
  return (
    <Group gap="sm" role="status">
      {state === 'looking' && <Loader size="xs" aria-hidden="true" />}
      <Text size="sm" c="dimmed">
        {state === 'looking' ? words.looking(looks, items.length) : words.stopped(looks, items.length)}
      </Text>
      <Button size="compact-sm" variant="default" onClick={state === 'looking' ? stop : lookOn}>
        {state === 'looking' ? words.stop : words.lookOn}
      </Button>
    </Group>
  )
}

export function Pages({
  isFirst,
  nextCursor,
  onGo,
}: {
  isFirst: boolean
  nextCursor: string | undefined
  onGo: (cursor: string | undefined) => void
}) {
  return (
    <Group justify="flex-end">
      {!isFirst && (
        <Button variant="default" onClick={() => onGo(undefined)}>
          {strings.common.first}
        </Button>
      )}
      {nextCursor !== undefined && (
        <Button variant="default" onClick={() => onGo(nextCursor)}>
          {strings.common.next}
        </Button>
      )}
    </Group>
  )
}
