import { Button, Group, Stack } from '@mantine/core'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { accountsQuery } from '../../api/accounts.ts'
import { auditQuery } from '../../api/audit.ts'
import { keysQuery } from '../../api/keys.ts'
import { sessionsQuery } from '../../api/sessions.ts'
import { webhooksQuery } from '../../api/webhooks.ts'
import { useChosenAccount, useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { PageHeader } from '../../ui/page-header.tsx'
import { AuditFilterBar, type AuditSearch } from './audit-filters.tsx'
import { AuditTable } from './audit-table.tsx'
import { namesOf, sessionName, type Names } from './names.ts'
import type { AuditEntry } from '../../api/audit.ts'

const words = strings.audit

export function AuditPage() {
  const { everywhere, cursor, action, object_id, since, until } = useSearch({ from: '/signed-in/audit' })
  const filters: AuditSearch = { everywhere, action, object_id, since, until }
  const chosen = useChosenAccount()
  const session = useSession()
  const navigate = useNavigate({ from: '/audit' })
  const account = session.scope === 'admin' && everywhere === 'yes' ? null : chosen
  const { data, error, refetch } = useQuery({
    ...auditQuery(account, { action, object_id, since, until, cursor }),
    placeholderData: keepPreviousData,
  })
  const names = useNames(account, data?.data ?? [])
  // A filter begins at the first page; `account` stays by itself.
  const filter = (search: AuditSearch) => void navigate({ search, replace: true })
  const isFiltered = [action, object_id, since, until].some((each) => each !== undefined)
  return (
    <>
      <PageHeader title={words.title} />
      <AuditFilterBar
        filters={filters}
        names={names}
        mayChooseAll={session.scope === 'admin' && chosen !== null}
        onFilter={filter}
      />
      <Stack>
        {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
        {data === undefined && error === null && <LoadingRows />}
        {data?.data.length === 0 && (
          <EmptyPanel
            title={isFiltered ? words.emptyFiltered : words.empty}
            why={isFiltered ? words.emptyFilteredWhy : words.emptyWhy}
          >
            {isFiltered && (
              <Button variant="default" onClick={() => filter({ everywhere })}>
                {strings.common.clear}
              </Button>
            )}
          </EmptyPanel>
        )}
        {data !== undefined && data.data.length > 0 && (
          <AuditTable
            entries={data.data}
            names={names}
            showsAccount={account === null}
            onObject={(id) => filter({ ...filters, object_id: id })}
          />
        )}
        <Group justify="flex-end">
          {cursor !== undefined && (
            <Button variant="default" onClick={() => filter(filters)}>
              {strings.common.first}
            </Button>
          )}
          {data?.next_cursor != null && (
            <Button
              variant="default"
              onClick={() => void navigate({ search: { ...filters, cursor: data.next_cursor ?? undefined } })}
            >
              {strings.common.next}
            </Button>
          )}
        </Group>
      </Stack>
    </>
  )
}

/** What is known by name: without it the page has ids, and waits for none of it. */
function useNames(account: string | null, entries: readonly AuditEntry[]): Names {
  const session = useSession()
  const isAdmin = session.scope === 'admin'
  const accounts = useQuery({ ...accountsQuery, enabled: isAdmin })
  const ownKeys = useInfiniteQuery({ ...keysQuery(account), enabled: account !== null || isAdmin })
  const globalKeys = useInfiniteQuery({ ...keysQuery(null), enabled: isAdmin })
  const webhooks = useQuery({
    ...webhooksQuery(account ?? '', {}),
    enabled: account !== null,
    refetchInterval: false,
  })
  const keys = [...(ownKeys.data?.pages ?? []), ...(globalKeys.data?.pages ?? [])].flatMap(({ data }) => data)
  const others = useInfiniteQuery({
    ...sessionsQuery(account ?? ''),
    enabled: account !== null,
    refetchInterval: false,
  })
  const sessions = [session, ...(others.data?.pages ?? []).flatMap(({ data }) => data)].flatMap((each) => {
    const name = sessionName(each, keys) ?? (each.scope === 'admin' ? strings.shell.scopes.admin : null)
    return name === null ? [] : [{ id: each.id, name }]
  })
  return namesOf(entries, accounts.data?.data ?? [], keys, webhooks.data?.data ?? [], sessions)
}
