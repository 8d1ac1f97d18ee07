import { ActionIcon, Button, Group, TextInput } from '@mantine/core'
import { useEffect, useRef, type ReactNode } from 'react'
import { strings } from '../../strings.ts'
import { MASK } from './masked.ts'
import { Place } from './place.tsx'
import { newRow, type Row } from './values.ts'
import type { WebhookFormState } from './use-webhook-form.ts'
import { VariableInput } from './variable-input.tsx'
import type { Variable } from './variables.ts'
import classes from './webhook-form.module.css'

const words = strings.webhookForm

/** Headers or parameters, a row each. */
export function Pairs({
  form,
  field,
  add,
  variables,
  children,
}: {
  form: WebhookFormState
  field: 'headers' | 'parameters'
  add: string
  variables: readonly Variable[]
  children: ReactNode
}) {
  const list = form.values[field]
  const labels = words.pairs[field]
  const root = useRef<HTMLDivElement>(null)
  /** Which row is to have the focus once it is there; past the last one: the button that adds. */
  const focusOn = useRef<number | null>(null)
  useEffect(() => {
    if (focusOn.current === null) return
    const rows = root.current?.querySelectorAll<HTMLElement>('[data-row]') ?? []
    const target = rows[Math.min(focusOn.current, rows.length - 1)]
    ;(
      target?.querySelector<HTMLElement>('input') ?? root.current?.querySelector<HTMLElement>('[data-add]')
    )?.focus()
    focusOn.current = null
  }, [list.length])
  const change = (index: number, more: Partial<Row>) =>
    form.set(
      field,
      list.map((row, at) => (at === index ? { ...row, ...more } : row)),
    )
  return (
    <div ref={root} data-path={field}>
      {children}
      {list.map((row, index) => (
        <div key={row.rowId} data-row className={classes['pair']}>
          <Place form={form} path={`${field}.${index}.key`}>
            <TextInput
              aria-label={labels.key(index + 1)}
              placeholder={words.pairs.name}
              autoComplete="off"
              spellCheck={false}
              value={row.key}
              error={form.faultAt(`${field}.${index}.key`)}
              onChange={(event) => change(index, { key: event.currentTarget.value })}
            />
          </Place>
          <Place form={form} path={`${field}.${index}.value`}>
            <Value
              form={form}
              path={`${field}.${index}.value`}
              label={labels.value(index + 1)}
              row={row}
              variables={variables}
              onChange={(value) => change(index, { value })}
            />
          </Place>
          <ActionIcon
            variant="subtle"
            color="gray"
            className={classes['remove'] ?? ''}
            aria-label={labels.remove(index + 1)}
            onClick={() => {
              focusOn.current = index
              form.set(
                field,
                list.filter((_, at) => at !== index),
              )
            }}
          >
            ✕
          </ActionIcon>
        </div>
      ))}
      {form.faultAt(field) !== null && <p className={classes['fault']}>{form.faultAt(field)}</p>}
      <Button
        data-add
        size="xs"
        variant="default"
        mt={list.length === 0 ? 4 : 0}
        onClick={() => {
          focusOn.current = list.length
          form.set(field, [...list, newRow()])
        }}
      >
        {add}
      </Button>
    </div>
  )
}

/** A value that may not be read stays as it is unless another takes its place. */
function Value({
  form,
  path,
  label,
  row,
  variables,
  onChange,
}: {
  form: WebhookFormState
  path: string
  label: string
  row: Row
  variables: readonly Variable[]
  onChange: (value: string) => void
}) {
  const isMasked = row.value === MASK
  const wasMasked = useRef(isMasked)
  const root = useRef<HTMLDivElement>(null)
  const isSwitched = useRef(false)
  // The button that was clicked is gone: the focus goes to what took its place.
  useEffect(() => {
    if (isSwitched.current) root.current?.querySelector('input')?.focus()
    isSwitched.current = false
  }, [isMasked])
  const switchTo = (value: string) => {
    isSwitched.current = true
    onChange(value)
  }
  const warning = form.warningAt(path)
  const error = form.faultAt(path)
  return (
    <div ref={root}>
      {isMasked ? (
        <TextInput
          aria-label={label}
          readOnly
          value={`${MASK} ${words.masked.kept}`}
          error={error}
          rightSectionWidth={76}
          rightSection={
            <Button size="compact-xs" variant="default" onClick={() => switchTo('')}>
              {words.masked.replace}
            </Button>
          }
        />
      ) : (
        <VariableInput
          label={label}
          path={path}
          value={row.value}
          error={error}
          variables={variables}
          onChange={onChange}
        />
      )}
      {!isMasked && warning !== null && error === null && (
        <p className={classes['note']}>
          <span className={classes['warning']}>
            <span aria-hidden="true">◐ </span>
            {warning}
          </span>
        </p>
      )}
      {!isMasked && wasMasked.current && (
        <Group mt={4}>
          <Button size="compact-xs" variant="default" onClick={() => switchTo(MASK)}>
            {words.masked.keep}
          </Button>
        </Group>
      )}
    </div>
  )
}
