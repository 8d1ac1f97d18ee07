import { Anchor, Text } from '@mantine/core'
import type { AuditEntry } from '../../api/audit.ts'
import { strings } from '../../strings.ts'
import { Records, type Column } from '../../ui/records.tsx'
import { Time } from '../../ui/time.tsx'
import { Changes } from './changes.tsx'
import { shortId, type Names } from './names.ts'

const words = strings.audit
const { columns } = words

export function AuditTable({
  entries,
  names,
  showsAccount,
  onObject,
}: {
  entries: readonly AuditEntry[]
  names: Names
  showsAccount: boolean
  /** Shows the changes of this one alone. */
  onObject: (id: string) => void
}) {
  const account: Column<AuditEntry> = {
    title: columns.account,
    cell: ({ account_id: id }) => (
      <Text size="sm">{id === null ? words.noAccount : (names.get(id) ?? shortId(id))}</Text>
    ),
  }
  const all: Column<AuditEntry>[] = [
    { title: columns.when, cell: ({ created_at }) => <Time at={created_at} />, kind: 'short' },
    { title: columns.who, cell: (entry) => <Who actor={entry.actor} names={names} /> },
    ...(showsAccount ? [account] : []),
    {
      title: columns.what,
      cell: ({ action, object_id }) => (
        <div>
          <Text size="sm">{words.actions[action]}</Text>
          <Anchor
            component="button"
            size="sm"
            ta="left"
            aria-label={words.history(names.get(object_id) ?? shortId(object_id))}
            onClick={() => onObject(object_id)}
          >
            {names.get(object_id) ?? shortId(object_id)}
          </Anchor>
        </div>
      ),
    },
    {
      title: columns.changes,
      cell: ({ before, after }) => <Changes before={before} after={after} names={names} />,
    },
  ]
  return <Records label={words.title} columns={all} rows={entries} idOf={({ id }) => id} />
}

function Who({ actor, names }: { actor: AuditEntry['actor']; names: Names }) {
  const { type, id, user } = actor
  const kind = words.actors[type]
  const name = user?.name ?? (id === null ? null : (names.get(id) ?? shortId(id)))
  if (name === null) return <Text size="sm">{kind}</Text>
  return (
    <div>
      <Text size="sm">{name}</Text>
      <Text size="xs" c="dimmed" title={id ?? undefined}>
        {kind}
      </Text>
    </div>
  )
}
