import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { numbersQuery, type NumbersReplaced, type OwnNumber } from '../../api/numbers.ts'
import { useSession } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { EmptyPanel } from '../../ui/empty-panel.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { LoadingRows } from '../../ui/loading-rows.tsx'
import { Records, type Column } from '../../ui/records.tsx'
import { NumbersEditor } from './numbers-editor.tsx'
import classes from './operator.module.css'

const words = strings.operator.numbers
const { columns } = words
/** Rows that are drawn at once: of a thousand the page would stand still for a moment. */
const AT_ONCE = 200

/** My Numbers: seen by all, changed by the operator. */
export function Numbers({ account }: { account: string }) {
  const isAdmin = useSession().scope === 'admin'
  const { data, error, refetch } = useQuery(numbersQuery(account))
  const [isEditing, setIsEditing] = useState(false)
  const [saved, setSaved] = useState<NumbersReplaced | null>(null)
  if (error !== null) return <ErrorPanel error={error} retry={() => void refetch()} />
  if (data === undefined) return <LoadingRows />
  if (isEditing) {
    return (
      <NumbersEditor
        account={account}
        read={data}
        onSaved={(answer) => {
          setSaved(answer)
          setIsEditing(false)
        }}
        onCancel={() => setIsEditing(false)}
      />
    )
  }
  const edit = isAdmin && (
    <Button
      variant="default"
      onClick={() => {
        setSaved(null)
        setIsEditing(true)
      }}
    >
      {words.edit}
    </Button>
  )
  return (
    <Stack>
      {saved !== null && <Saved answer={saved} />}
      {data.data.length === 0 ? (
        <EmptyPanel
          title={words.empty}
          why={isAdmin ? words.emptyWhy : `${words.emptyWhy} ${words.byOperator}`}
        >
          {edit}
        </EmptyPanel>
      ) : (
        <Shown numbers={data.data} edit={edit} />
      )}
    </Stack>
  )
}

const COLUMNS: Column<OwnNumber>[] = [
  { title: columns.number, kind: 'mono', cell: ({ number }) => <span>{number}</span> },
  { title: columns.label, cell: ({ label }) => <span>{label}</span> },
]

function Shown({ numbers, edit }: { numbers: OwnNumber[]; edit: ReactNode }) {
  const [find, setFind] = useState('')
  const [most, setMost] = useState(AT_ONCE)
  const looked = find.trim().toLowerCase()
  const found = numbers.filter(({ number, label }) => `${number}\n${label}`.toLowerCase().includes(looked))
  return (
    <>
      <Group>
        <TextInput
          type="search"
          className={classes['find'] ?? ''}
          aria-label={words.find}
          placeholder={words.find}
          value={find}
          onChange={(event) => setFind(event.currentTarget.value)}
        />
        <Text c="dimmed" mr="auto">
          {words.count(numbers.length)}
        </Text>
        {edit}
      </Group>
      {found.length === 0 ? (
        <EmptyPanel title={words.emptyFiltered} why={strings.audit.emptyFilteredWhy} />
      ) : (
        <Records
          label={strings.operator.accountTabs.numbers}
          columns={COLUMNS}
          rows={found.slice(0, most)}
          idOf={({ number }) => number}
        />
      )}
      {found.length > most && (
        <Group justify="flex-end">
          <Button variant="default" onClick={() => setMost(most + AT_ONCE)}>
            {strings.operator.more}
          </Button>
        </Group>
      )}
    </>
  )
}

/** That it is saved, and which webhooks filter by what is no longer there. */
function Saved({ answer: { data, webhooks } }: { answer: NumbersReplaced }) {
  return (
    <div role="status">
      <p className={classes['good']}>{words.saved(data.length)}</p>
      {webhooks.length > 0 && (
        <div className={classes['note']}>
          <Text fw={600}>{words.missing}</Text>
          <ul className={classes['list']}>
            {webhooks.map(({ webhook_id, name, numbers_missing }) => (
              <li key={webhook_id}>
                {name}: {numbers_missing.join(', ')}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}
