import { Button, Text } from '@mantine/core'
import type { AccountSession } from '../../api/sessions.ts'
import { strings } from '../../strings.ts'
import { Records, type Column } from '../../ui/records.tsx'
import { StatusBadge } from '../../ui/status-badge.tsx'
import { Time } from '../../ui/time.tsx'

const words = strings.operator.sessions
const { columns } = words

/** Who uses it, if its portal link said so. */
export function whoOf({ user }: AccountSession): string {
  return user?.name ?? words.unnamed
}

/** @param onEnd null: to see alone */
export function SessionsTable({
  sessions,
  ownId,
  nameOfKey,
  onEnd,
}: {
  sessions: readonly AccountSession[]
  ownId: string
  nameOfKey: (id: string) => string
  onEnd: ((session: AccountSession) => void) | null
}) {
  const all: Column<AccountSession>[] = [
    {
      title: columns.who,
      cell: (session) => (
        <div>
          <Text size="sm" fw={600}>
            {whoOf(session)}
          </Text>
          {session.user !== null && (
            <Text size="xs" c="dimmed">
              {session.user.id}
            </Text>
          )}
          {session.id === ownId && <StatusBadge tone="good">{words.own}</StatusBadge>}
        </div>
      ),
    },
    { title: columns.scope, cell: ({ scope }) => <span>{strings.shell.scopes[scope]}</span> },
    {
      title: columns.opened,
      cell: ({ link_id, key_id }) => (
        <div>
          <Text size="sm">{link_id === null ? openerOf(key_id, nameOfKey) : words.byLink}</Text>
          {link_id !== null && (
            <Text size="xs" c="dimmed">
              {openerOf(key_id, nameOfKey)}
            </Text>
          )}
        </div>
      ),
    },
    { title: columns.since, cell: ({ created_at }) => <Time at={created_at} /> },
    { title: columns.ends, cell: ({ expires_at }) => <Time at={expires_at} /> },
  ]
  const frame: Column<AccountSession> = {
    title: columns.frame,
    cell: ({ embed_origin }) => <span>{embed_origin ?? '–'}</span>,
  }
  if (sessions.some(({ embed_origin }) => embed_origin !== null)) all.push(frame)
  if (onEnd !== null) all.push(ending(onEnd))
  return <Records label={words.title} columns={all} rows={sessions} idOf={({ id }) => id} />
}

function openerOf(keyId: string | null, nameOfKey: (id: string) => string): string {
  return keyId === null ? words.byAdmin : words.byKey(nameOfKey(keyId))
}

function ending(onEnd: (session: AccountSession) => void): Column<AccountSession> {
  return {
    title: strings.operator.actions,
    kind: 'actions',
    cell: (session) => (
      <Button
        size="compact-sm"
        variant="default"
        aria-label={words.endLabel(whoOf(session))}
        onClick={() => onEnd(session)}
      >
        {words.end}
      </Button>
    ),
  }
}
