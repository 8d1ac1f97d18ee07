import { Text } from '@mantine/core'
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { readVolumes } from '../../api/webhooks-stats.ts'
import { strings } from '../../strings.ts'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { Time } from '../../ui/time.tsx'
import { waitingOf, type Waiting } from './waiting.ts'

const words = strings.webhooks.waiting

/** What waits for some webhooks as of now: whoever decides by it is not shown what was a minute ago. */
export function useWaiting(account: string, ids: readonly string[]): UseQueryResult<Waiting> {
  return useQuery({
    queryKey: ['waiting', account, ids],
    queryFn: async ({ signal }) => waitingOf([...(await readVolumes(account, ids, signal)).values()]),
    enabled: ids.length > 0,
    gcTime: 0,
  })
}

/** @param then what becomes of what waits */
export function WaitingText({
  waiting: { data, error, refetch },
  then,
}: {
  waiting: UseQueryResult<Waiting>
  then: string
}) {
  if (error !== null) return <ErrorPanel error={error} title={words.unknown} retry={() => void refetch()} />
  if (data === undefined) return <Text role="status">{words.looking}</Text>
  if (data.oldestAt === null && data.held === 0) return <Text>{words.none}</Text>
  return (
    <Text role="status">
      {data.held > 0 ? words.held(data.held) : words.underWay}
      {data.oldestAt !== null && (
        <>
          {words.oldest} <Time at={data.oldestAt} />
        </>
      )}
      {'. '}
      <Text span fw={600}>
        {then}
      </Text>
    </Text>
  )
}
