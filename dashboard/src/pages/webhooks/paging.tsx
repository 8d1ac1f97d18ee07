import { Button, Group, Text } from '@mantine/core'
import { useNavigate, useRouter, useRouterState } from '@tanstack/react-router'
import { strings } from '../../strings.ts'

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** How many pages of a list were gone through to this one. */
    pagesBefore?: number
  }
}

/** A list goes on by cursors, which lead forward: back is where the browser came from, if it came by a page before. */
export function Paging({ cursor, next }: { cursor: string | undefined; next: string | null }) {
  const navigate = useNavigate({ from: '/webhooks' })
  const { history } = useRouter()
  const before = useRouterState({ select: ({ location }) => location.state.pagesBefore ?? 0 })
  if (cursor === undefined && next === null) return null
  return (
    <Group justify="flex-end" gap="xs">
      {(cursor === undefined || before > 0) && (
        <Text size="sm" c="dimmed" mr="xs">
          {strings.webhooks.page(before + 1)}
        </Text>
      )}
      {cursor !== undefined && (
        <Button
          variant="default"
          onClick={() => void navigate({ search: (now) => ({ ...now, cursor: undefined }) })}
        >
          {strings.common.first}
        </Button>
      )}
      {cursor !== undefined && before > 0 && (
        <Button variant="default" onClick={() => history.back()}>
          {strings.webhooks.previous}
        </Button>
      )}
      {next !== null && (
        <Button
          variant="default"
          onClick={() =>
            void navigate({
              search: (now) => ({ ...now, cursor: next }),
              state: (state) => ({ ...state, pagesBefore: before + 1 }),
            })
          }
        >
          {strings.common.next}
        </Button>
      )}
    </Group>
  )
}
