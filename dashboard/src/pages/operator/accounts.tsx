import { Anchor, Button, Group, Stack, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { accountPagesQuery, type Account } from '../../api/account-changes.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { Records, type Column } from '../../ui/records.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'
import { AddAccount } from './add-account.tsx'
import classes from './operator.module.css'

const words = strings.operator.accounts
const { columns } = words

/** All accounts, newest first. */
export function Accounts() {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } =
    useInfiniteQuery(accountPagesQuery)
  const [find, setFind] = useState('')
  const [isAdding, setIsAdding] = useState(false)
  const all = data?.pages.flatMap((page) => page.data)
  const looked = find.trim().toLowerCase()
  const found = all?.filter(({ id, name }) => `${name}\n${id}`.toLowerCase().includes(looked))
  const add = <Button onClick={() => setIsAdding(true)}>{words.add}</Button>
  return (
    <Stack>
      {all !== undefined && all.length > 0 && (
        <Group justify="space-between">
          <TextInput
            type="search"
            className={classes['find'] ?? ''}
            aria-label={words.find}
            placeholder={words.find}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
          />
          {add}
        </Group>
      )}
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {all === undefined && error === null && <LoadingRows />}
      {all?.length === 0 && (
        <EmptyPanel title={words.empty} why={words.emptyWhy}>
          {add}
        </EmptyPanel>
      )}
      {all !== undefined && all.length > 0 && found?.length === 0 && (
        <EmptyPanel title={words.noMatch} why={words.noMatchWhy} />
      )}
      {found !== undefined && found.length > 0 && (
        <Records
          label={strings.operator.tabs.accounts}
          columns={COLUMNS}
          rows={found}
          idOf={({ id }) => id}
        />
      )}
      {hasNextPage && (
        <Group justify="flex-end">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {strings.operator.more}
          </Button>
        </Group>
      )}
      {isAdding && <AddAccount onClose={() => setIsAdding(false)} />}
    </Stack>
  )
}

const COLUMNS: Column<Account>[] = [
  {
    title: columns.name,
    cell: ({ id, name }) => (
      <Anchor
        size="sm"
        fw={600}
        renderRoot={(props) => <Link to="/operator/account" search={{ account: id }} {...props} />}
      >
        {name}
      </Anchor>
    ),
  },
  {
    title: columns.state,
    cell: ({ webhooks_enabled: isOn }) => (
      <StatusBadge tone={isOn ? 'good' : 'warn'}>
        {isOn ? strings.operator.on : strings.operator.off}
      </StatusBadge>
    ),
  },
  { title: columns.country, cell: ({ country }) => <span>{country}</span> },
  { title: columns.created, cell: ({ created_at }) => <Time at={created_at} /> },
  { title: columns.id, kind: 'mono', cell: ({ id }) => <span>{id}</span> },
]
