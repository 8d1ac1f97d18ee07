import { Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { keysQuery, useDeleteKey, type Key, type NewKey } from '../../api/keys.ts'
import { useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { focusPage } from '../../ui/focus-page.ts'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { Records, type Column } from '../../ui/records.tsx'
import { ShownOnce } from '../../ui/shown-once.tsx'
import { Time } from '../../ui/time.tsx'
import { MakeKey } from './make-key.tsx'

const words = strings.operator.keys
const { columns } = words

/** @param account null: the keys for every account */
export function Keys({ account }: { account: string | null }) {
  const isAdmin = useSession().scope === 'admin'
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    keysQuery(account),
  )
  const [isMaking, setIsMaking] = useState(false)
  const [made, setMade] = useState<NewKey | null>(null)
  const [toDelete, setToDelete] = useState<Key | null>(null)
  const keys = data?.pages.flatMap((page) => page.data)
  const make = isAdmin && <Button onClick={() => setIsMaking(true)}>{words.add}</Button>
  const [empty, emptyWhy] =
    account === null ? [words.emptyGlobal, words.emptyGlobalWhy] : [words.empty, words.emptyWhy]
  return (
    <Stack>
      {keys !== undefined && keys.length > 0 && <Group justify="flex-end">{make}</Group>}
      {error !== null && <ErrorPanel error={error} retry={() => void refetch()} />}
      {keys === undefined && error === null && <LoadingRows />}
      {keys?.length === 0 && (
        <EmptyPanel title={empty} why={emptyWhy}>
          {make}
        </EmptyPanel>
      )}
      {keys !== undefined && keys.length > 0 && (
        <Records
          label={words.title}
          columns={isAdmin ? [...COLUMNS, deletion(setToDelete)] : COLUMNS}
          rows={keys}
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
      {isMaking && (
        <MakeKey
          account={account}
          onClose={() => setIsMaking(false)}
          onMade={(key) => {
            setIsMaking(false)
            setMade(key)
          }}
        />
      )}
      {made !== null && (
        <ShownOnce
          title={words.madeTitle(made.name)}
          secret={made.key}
          label={words.key}
          what={words.theKey}
          warning={words.once}
          done={words.copiedIt}
          onClose={() => setMade(null)}
        />
      )}
      {toDelete !== null && (
        <DeleteKey account={account} theKey={toDelete} onClose={() => setToDelete(null)} />
      )}
    </Stack>
  )
}

const COLUMNS: Column<Key>[] = [
  {
    title: columns.name,
    cell: ({ name }) => (
      <Text size="sm" fw={600}>
        {name}
      </Text>
    ),
  },
  {
    title: columns.scope,
    cell: ({ scope }) => <span title={words.may[scope]}>{words.scopes[scope]}</span>,
  },
  { title: columns.hint, kind: 'mono', cell: ({ hint }) => <span>…{hint}</span> },
  { title: columns.used, cell: ({ last_used_at: at }) => <TimeOrNever at={at} /> },
  { title: columns.created, cell: ({ created_at }) => <Time at={created_at} /> },
  { title: columns.expires, cell: ({ expires_at: at }) => <TimeOrNever at={at} /> },
]

function deletion(onDelete: (key: Key) => void): Column<Key> {
  return {
    title: strings.operator.actions,
    kind: 'actions',
    cell: (key) => (
      <Button
        size="compact-sm"
        variant="default"
        aria-label={words.deleteLabel(key.name)}
        onClick={() => onDelete(key)}
      >
        {strings.operator.delete}
      </Button>
    ),
  }
}

function TimeOrNever({ at }: { at: string | null }) {
  return at === null ? (
    <Text size="sm" c="dimmed">
      {strings.operator.never}
    </Text>
  ) : (
    <Time at={at} />
  )
}

function DeleteKey({
  account,
  theKey: { id, name },
  onClose,
}: {
  account: string | null
  theKey: Key
  onClose: () => void
}) {
  const { mutate, isPending, error } = useDeleteKey(account)
  return (
    <Confirm
      isDanger
      title={words.deleteTitle(name)}
      action={strings.operator.delete}
      isBusy={isPending}
      error={error}
      onConfirm={() =>
        mutate(id, {
          onSuccess: () => {
            onClose()
            focusPage()
          },
        })
      }
      onClose={onClose}
    >
      <Text>{words.deleteWhy}</Text>
    </Confirm>
  )
}
