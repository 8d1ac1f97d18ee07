import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery } from '../../api/keys.ts'
import { sessionsQuery, useEndSession, type AccountSession, type PortalLink } from '../../api/sessions.ts'
import { mayChange } from '../../api/session.ts'
import { useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { focusPage } from '../../ui/focus-page.ts'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { LinkMade } from './link-made.tsx'
import { MakeLink } from './make-link.tsx'
import { SessionsTable, whoOf } from './sessions-table.tsx'
import classes from './operator.module.css'

const words = strings.operator

/** Who is let in to an account: portal links are made, sessions are seen and ended. */
export function Access({ account }: { account: string }) {
  const isAdmin = useSession().scope === 'admin'
  return (
    <Stack gap="xl">
      {isAdmin && <PortalLinks account={account} />}
      <Sessions account={account} />
    </Stack>
  )
}

function PortalLinks({ account }: { account: string }) {
  const [isMaking, setIsMaking] = useState(false)
  const [made, setMade] = useState<PortalLink | null>(null)
  return (
    <section className={classes['section']}>
      <div className={classes['split']}>
        <Stack gap={4}>
          <Title order={2}>{words.links.title}</Title>
          <Text c="dimmed">{words.links.why}</Text>
        </Stack>
        <Button onClick={() => setIsMaking(true)}>{words.links.make}</Button>
      </div>
      {isMaking && (
        <MakeLink
          account={account}
          onClose={() => setIsMaking(false)}
          onMade={(link) => {
            setIsMaking(false)
            setMade(link)
          }}
        />
      )}
      {made !== null && <LinkMade link={made} onClose={() => setMade(null)} />}
    </section>
  )
}

function Sessions({ account }: { account: string }) {
  const session = useSession()
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    sessionsQuery(account),
  )
  // Who opened a session is told by the name of the key.
  const keys = useInfiniteQuery(keysQuery(account)).data?.pages.flatMap((page) => page.data) ?? []
  const [toEnd, setToEnd] = useState<AccountSession | 'all' | null>(null)
  const sessions = data?.pages.flatMap((page) => page.data)
  const end = mayChange(session) ? setToEnd : null
  return (
    <section>
      <Group justify="space-between" mb="sm" mih={36}>
        <Title order={2}>{words.sessions.title}</Title>
        {end !== null && (
          <Button variant="default" onClick={() => end('all')}>
            {words.sessions.endAll}
          </Button>
        )}
      </Group>
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {sessions === undefined && error === null && <LoadingRows />}
      {sessions?.length === 0 && <EmptyPanel title={words.sessions.empty} why={words.sessions.emptyWhy} />}
      {sessions !== undefined && sessions.length > 0 && (
        <SessionsTable
          sessions={sessions}
          ownId={session.id}
          nameOfKey={(id) => keys.find((key) => key.id === id)?.name ?? id}
          onEnd={end}
        />
      )}
      {hasNextPage && (
        <Group justify="flex-end" mt="sm">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.more}
          </Button>
        </Group>
      )}
      {toEnd !== null && <EndSession account={account} which={toEnd} onClose={() => setToEnd(null)} />}
    </section>
  )
}

function EndSession({
  account,
  which,
  onClose,
}: {
  account: string
  which: AccountSession | 'all'
  onClose: () => void
}) {
  const session = useSession()
  const { mutate, isPending, error } = useEndSession(account)
  const { endTitle, endWhy, endOwnWhy, end, endAll, endAllTitle, endAllWhy, endAllWhyAdmin } = words.sessions
  const isAll = which === 'all'
  const why = isAll
    ? session.scope === 'admin'
      ? endAllWhyAdmin
      : endAllWhy
    : which.id === session.id
      ? endOwnWhy
      : endWhy
  return (
    <Confirm
      isDanger
      title={isAll ? endAllTitle : endTitle(whoOf(which))}
      action={isAll ? endAll : end}
      isBusy={isPending}
      error={error}
      onConfirm={() =>
        mutate(isAll ? null : which.id, {
          onSuccess: () => {
            onClose()
            focusPage()
          },
        })
      }
      onClose={onClose}
    >
      <Text>{why}</Text>
    </Confirm>
  )
}
