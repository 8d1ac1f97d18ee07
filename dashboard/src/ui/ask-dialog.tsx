import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { strings } from '../strings.ts'
import classes from './ask-dialog.module.css'
import { Dialog } from './dialog.tsx'
import { ErrorPanel } from './error-panel.tsx'

/**
 * Asks before something that cannot be taken back, and stays until it is done: what went wrong is said in it.
 * @param isFinal it cannot be undone, and looks so
 * @param typed what has to be typed before it can be done, and the words that ask for it
 */
export function AskDialog({
  title,
  children,
  action,
  isBusy,
  error,
  isFinal = false,
  typed,
  onConfirm,
  onClose,
}: {
  title: string
  children: ReactNode
  action: string
  isBusy: boolean
  error: Error | null
  isFinal?: boolean
  typed?: { text: string; label: string }
  onConfirm: () => void
  onClose: () => void
}) {
  const [text, setText] = useState('')
  const mayConfirm = typed === undefined || text.trim() === typed.text
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (mayConfirm && !isBusy) onConfirm()
        }}
      >
        <Stack gap="sm">
          {children}
          {typed !== undefined && (
            <TextInput
              label={typed.label}
              value={text}
              autoComplete="off"
              data-autofocus
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          {error !== null && <ErrorPanel error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus={typed === undefined || undefined}>
              {strings.common.cancel}
            </Button>
            <Button
              type="submit"
              className={isFinal && mayConfirm ? (classes['final'] ?? '') : ''}
              loading={isBusy}
              disabled={!mayConfirm}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

/** After what was asked about is gone, with the button that asked: the focus is on the page, and not lost. */
export function focusPage(): void {
  document.querySelector<HTMLElement>('#main')?.focus()
}
