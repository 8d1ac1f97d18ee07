import { Popover, TextInput, VisuallyHidden } from '@mantine/core'
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { strings } from '../../strings.ts'
import { complete, completionAt, matching } from './completion.ts'
import type { Variable } from './variables.ts'
import classes from './variable-input.module.css'

const words = strings.webhookForm.variables

/** A value in which a `$` offers the variables: a combobox (WAI-ARIA, "editable combobox with list autocomplete"). */
export function VariableInput({
  label,
  path,
  value,
  error,
  variables,
  onChange,
}: {
  label: string
  path: string
  value: string
  error: ReactNode
  variables: readonly Variable[]
  onChange: (value: string) => void
}) {
  const listId = useId()
  const input = useRef<HTMLInputElement>(null)
  const [cursor, setCursor] = useState<number | null>(null)
  /** Where a list was closed by Escape: it stays so until another name is begun. */
  const [closedAt, setClosedAt] = useState<number | null>(null)
  const [active, setActive] = useState(0)
  /** Where the cursor belongs once the completed text is there. */
  const moveTo = useRef<number | null>(null)
  useLayoutEffect(() => {
    if (moveTo.current === null) return
    input.current?.setSelectionRange(moveTo.current, moveTo.current)
    moveTo.current = null
  }, [value])

  const names = variables.map(({ name }) => name)
  const at = cursor === null ? null : completionAt(value, cursor, names)
  const found = at === null ? [] : matching(variables, at.query)
  // A name that is written in full needs no list.
  const isDone = found.length === 1 && found[0]?.name === at?.query
  const isOpen = at !== null && at.from !== closedAt && found.length > 0 && !isDone
  const chosen = Math.min(active, found.length - 1)

  const follow = () => {
    const { current } = input
    if (current === null) return
    const isRange = current.selectionStart !== current.selectionEnd
    setCursor(isRange ? null : current.selectionStart)
  }
  const pick = (variable: Variable | undefined) => {
    if (at === null || variable === undefined) return
    const { text, cursor: next } = complete(value, at, variable.name)
    moveTo.current = next
    setCursor(next)
    setClosedAt(at.from)
    setActive(0)
    onChange(text)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen || event.nativeEvent.isComposing) return
    const { key } = event
    if (key === 'ArrowDown') setActive((chosen + 1) % found.length)
    else if (key === 'ArrowUp') setActive((chosen + found.length - 1) % found.length)
    else if (key === 'Enter') pick(found[chosen])
    else if (key === 'Escape') setClosedAt(at.from)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <Popover
      opened={isOpen}
      position="bottom-start"
      width={360}
      offset={4}
      shadow="md"
      withRoles={false}
      trapFocus={false}
      returnFocus={false}
      closeOnEscape={false}
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <div>
          <TextInput
            ref={input}
            className={classes['input'] ?? ''}
            aria-label={label}
            data-path={path}
            value={value}
            error={error}
            spellCheck={false}
            autoComplete="off"
            role="combobox"
            aria-autocomplete="list"
            aria-expanded={isOpen}
            aria-controls={listId}
            aria-activedescendant={isOpen ? `${listId}-${chosen}` : undefined}
            placeholder={words.placeholder}
            onChange={(event) => {
              setCursor(event.currentTarget.selectionStart)
              setActive(0)
              // A name that is begun anew, after what was closed is gone.
              if (closedAt !== null && event.currentTarget.value[closedAt] !== '$') setClosedAt(null)
              onChange(event.currentTarget.value)
            }}
            onSelect={follow}
            onBlur={() => setCursor(null)}
            onKeyDown={onKeyDown}
          />
        </div>
      </Popover.Target>
      <Popover.Dropdown p={0}>
        <Options id={listId} found={found} chosen={chosen} onPick={pick} />
      </Popover.Dropdown>
      <VisuallyHidden role="status">{isOpen ? words.count(found.length) : ''}</VisuallyHidden>
    </Popover>
  )
}

function Options({
  id,
  found,
  chosen,
  onPick,
}: {
  id: string
  found: readonly Variable[]
  chosen: number
  onPick: (variable: Variable) => void
}) {
  const list = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <div ref={list} id={id} role="listbox" aria-label={words.label} className={classes['list']}>
      {found.map((variable, index) => (
        <div
          key={variable.name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          tabIndex={-1}
          className={classes['option']}
          // Before the input loses the focus.
          onMouseDown={(event) => {
            event.preventDefault()
            onPick(variable)
          }}
        >
          <span className={classes['name']}>${variable.name}</span>
          <span className={classes['sample']}>{variable.sample === '' ? words.blank : variable.sample}</span>
          <span className={classes['note']}>
            {variable.missingIn.length === 0
              ? variable.description
              : words.notIn(variable.missingIn.join(', '))}
          </span>
        </div>
      ))}
    </div>
  )
}
