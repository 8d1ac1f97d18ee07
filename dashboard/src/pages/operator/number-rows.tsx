import { ActionIcon, Button, TextInput } from '@mantine/core'
import { memo, useCallback, useRef } from 'react'
import { strings } from '../../strings.ts'
import type { Line } from './number-lines.ts'
import classes from './operator.module.css'

const words = strings.operator.numbers

export interface Row extends Line {
  /** Which row it is, whatever is typed in it. */
  readonly key: number
}

let lastKey = 0
export function newRow({ number, label }: Line): Row {
  return { key: ++lastKey, number, label }
}

/** A row of two fields for each number. */
export function NumberRows({ rows, onChange }: { rows: readonly Row[]; onChange: (rows: Row[]) => void }) {
  const latest = useRef({ rows, onChange })
  latest.current = { rows, onChange }
  const added = useRef<number | null>(null)
  // The same for every render: of a thousand rows the one that is typed in is drawn again.
  const edit = useCallback((key: number, fields: Partial<Line>) => {
    const { rows: all, onChange: tell } = latest.current
    tell(all.map((row) => (row.key === key ? { ...row, ...fields } : row)))
  }, [])
  const remove = useCallback((key: number) => {
    const { rows: all, onChange: tell } = latest.current
    tell(all.filter((row) => row.key !== key))
    addButton.current?.focus()
  }, [])
  const addButton = useRef<HTMLButtonElement>(null)
  const add = () => {
    const row = newRow({ number: '', label: '' })
    added.current = row.key
    onChange([...rows, row])
  }
  return (
    <div className={classes['rows']}>
      {rows.map((row, index) => (
        <NumberRow
          key={row.key}
          row={row}
          position={index + 1}
          isNew={row.key === added.current}
          onEdit={edit}
          onRemove={remove}
        />
      ))}
      <Button ref={addButton} variant="default" onClick={add}>
        {words.addRow}
      </Button>
    </div>
  )
}

const NumberRow = memo(function NumberRow({
  row: { key, number, label },
  position,
  isNew,
  onEdit,
  onRemove,
}: {
  row: Row
  position: number
  isNew: boolean
  onEdit: (key: number, fields: Partial<Line>) => void
  onRemove: (key: number) => void
}) {
  return (
    <div className={classes['row']}>
      <TextInput
        aria-label={words.numberAt(position)}
        placeholder={words.columns.number}
        inputMode="tel"
        autoComplete="off"
        autoFocus={isNew}
        value={number}
        onChange={(event) => onEdit(key, { number: event.currentTarget.value })}
      />
      <TextInput
        aria-label={words.labelAt(position)}
        placeholder={words.columns.label}
        autoComplete="off"
        value={label}
        onChange={(event) => onEdit(key, { label: event.currentTarget.value })}
      />
      <ActionIcon
        size="lg"
        variant="default"
        aria-label={words.removeRow(number)}
        onClick={() => onRemove(key)}
      >
        ×
      </ActionIcon>
    </div>
  )
})
