import { Button, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useState } from 'react'
import { useReplaceNumbers, type NumbersReplaced, type OwnNumber } from '../../api/numbers.ts'
import { ApiProblem } from '../../api/problem.ts'
import { strings } from '../../strings.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorPanel } from '../../ui/error-panel.tsx'
import { fieldErrors } from '../../ui/field-errors.ts'
import { linesText, parseLines, replacementOf, type Line, type Replacement } from './number-lines.ts'
import { newRow, NumberRows, type Row } from './number-rows.tsx'
import classes from './operator.module.css'

const words = strings.operator.numbers
/** More are edited as lines at first: so many fields take a moment to be drawn. */
const MOST_ROWS = 200

type Draft = { mode: 'table'; rows: Row[] } | { mode: 'text'; text: string }

/** All numbers in one draft, as a table or as lines; saved as a whole, once what goes has been seen. */
export function NumbersEditor({
  account,
  read,
  onSaved,
  onCancel,
}: {
  account: string
  read: { data: readonly OwnNumber[]; etag: string }
  onSaved: (answer: NumbersReplaced) => void
  onCancel: () => void
}) {
  // What is edited stays what was read: if it is changed meanwhile, the API says so.
  const [{ data: current, etag }] = useState(read)
  const [draft, setDraft] = useState<Draft>(() =>
    current.length > MOST_ROWS
      ? { mode: 'text', text: linesText(current) }
      : { mode: 'table', rows: current.map(newRow) },
  )
  const [isAsking, setIsAsking] = useState(false)
  const replace = useReplaceNumbers(account)
  const lines = draft.mode === 'table' ? linesOf(draft.rows) : parseLines(draft.text)
  const { goes, comes, renamed } = replacementOf(current, lines)
  const isChanged = goes.length + comes.length + renamed.length > 0
  const blocker = useBlocker({
    shouldBlockFn: () => isChanged,
    enableBeforeUnload: () => isChanged,
    withResolver: true,
  })
  const change = (next: Draft) => {
    replace.reset()
    setDraft(next)
  }
  const turn = () =>
    setDraft(
      draft.mode === 'table'
        ? { mode: 'text', text: linesText(lines) }
        : { mode: 'table', rows: lines.map(newRow) },
    )
  return (
    <Stack maw="44rem">
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label={words.mode}
        value={draft.mode}
        data={[
          { value: 'table', label: words.modes.table },
          { value: 'text', label: words.modes.text },
        ]}
        onChange={turn}
      />
      {draft.mode === 'table' ? (
        <NumberRows rows={draft.rows} onChange={(rows) => change({ mode: 'table', rows })} />
      ) : (
        <Textarea
          label={words.lines}
          description={words.linesHelp}
          autosize
          minRows={8}
          maxRows={24}
          spellCheck={false}
          classNames={{ input: classes['lines'] ?? '' }}
          value={draft.text}
          onChange={(event) => change({ mode: 'text', text: event.currentTarget.value })}
        />
      )}
      {replace.error !== null && !isAsking && <Faults error={replace.error} lines={lines} />}
      <Group justify="flex-end">
        <Text c="dimmed" mr="auto">
          {words.count(lines.length)}
        </Text>
        <Button variant="default" onClick={onCancel}>
          {strings.common.cancel}
        </Button>
        <Button
          onClick={() => {
            replace.reset()
            setIsAsking(true)
          }}
        >
          {words.review}
        </Button>
      </Group>
      {isAsking && (
        <Confirm
          title={words.reviewTitle}
          action={words.replace}
          isBusy={replace.isPending}
          onConfirm={() =>
            replace.mutate(
              { numbers: lines, etag },
              { onSuccess: onSaved, onError: () => setIsAsking(false) },
            )
          }
          onClose={() => setIsAsking(false)}
        >
          <Review goes={goes} comes={comes} renamed={renamed} />
        </Confirm>
      )}
      {blocker.status === 'blocked' && (
        <Confirm
          title={words.leaveTitle}
          action={words.leave}
          isBusy={false}
          onConfirm={blocker.proceed}
          onClose={blocker.reset}
        >
          <Text>{words.leaveWhy}</Text>
        </Confirm>
      )}
    </Stack>
  )
}

/** A row that is empty is none. */
function linesOf(rows: readonly Row[]): Line[] {
  return rows
    .map(({ number, label }) => ({ number: number.trim(), label: label.trim() }))
    .filter(({ number, label }) => number !== '' || label !== '')
}

/** What goes is named: webhooks may filter by it. */
function Review({ goes, comes, renamed }: Replacement) {
  if (goes.length + comes.length + renamed.length === 0) return <Text>{words.same}</Text>
  return (
    <>
      {goes.length > 0 && (
        <div className={classes['note']}>
          <Text fw={600}>{words.goes(goes.length)}</Text>
          <ul className={classes['list']}>
            {goes.map(({ number, label }) => (
              <li key={number}>
                {number} {label}
              </li>
            ))}
          </ul>
          <Text mt={4}>{words.goesWhy}</Text>
        </div>
      )}
      {comes.length > 0 && <Text>{words.comes(comes.length)}</Text>}
      {renamed.length > 0 && <Text>{words.renamed(renamed.length)}</Text>}
    </>
  )
}

/** The API's faults, each with its line. */
function Faults({ error, lines }: { error: Error; lines: readonly Line[] }) {
  if (!(error instanceof ApiProblem) || error.faults.length === 0) return <ErrorPanel error={error} />
  return (
    <div className={classes['faults']} role="alert">
      <Text fw={600}>{words.faultsTitle}</Text>
      <ul className={classes['list']}>
        {Object.entries(fieldErrors(error)).map(([path, message]) => {
          const index = Number(/^numbers\.(\d+)/.exec(path)?.[1] ?? NaN)
          const line = lines[index]
          return (
            <li key={path}>
              {line === undefined ? `${path} ${message}` : words.fault(index + 1, line.number, message)}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
