import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { strings } from '../strings.ts'
import classes from './confirm.module.css'
import { Dialog } from './dialog.tsx'
import { ErrorPanel } from './error-panel.tsx'

/** Asks before something that cannot be taken back; says what will happen, and what went wrong. */
export function Confirm({
  title,
  children,
  action,
  isBusy,
  isReady = true,
  isDanger = false,
  typed,
  error = null,
  onConfirm,
  onClose,
}: {
  title: string
  children: ReactNode
  action: string
  isBusy: boolean
  /** Whether what will happen is known. */
  isReady?: boolean
  /** What is lost does not come back. */
  isDanger?: boolean
  /** What has to be typed before it can be done, and the words that ask for it. */
  typed?: { text: string; label: string }
  error?: Error | null
  onConfirm: () => void
  onClose: () => void
}) {
  const [text, setText] = useState('')
  const mayConfirm = isReady && (typed === undefined || text.trim() === typed.text)
  const first = typed !== undefined ? 'typed' : isDanger ? 'cancel' : 'action'
  return (
    <Dialog title={title} isHeld={isBusy} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (mayConfirm && !isBusy) onConfirm()
        }}
      >
        <Stack gap="sm">
          <Text component="div">{children}</Text>
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
          <Group justify="flex-end" mt={4}>
            <Button
              variant="default"
              onClick={onClose}
              disabled={isBusy}
              data-autofocus={first === 'cancel' || undefined}
            >
              {strings.common.cancel}
            </Button>
            <Button
              type="submit"
              className={isDanger && mayConfirm ? (classes['danger'] ?? '') : ''}
              loading={isBusy}
              disabled={!mayConfirm}
              data-autofocus={first === 'action' || undefined}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
