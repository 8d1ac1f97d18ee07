import { Button, Group, Modal, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { strings } from '../strings.ts'
import { useReturnFocus } from './return-focus.ts'

/** White on it has AA contrast in light and dark. */
const DANGER = '#a8221a'

/** Asks before something that cannot be taken back; says what will happen. */
export function Confirm({
  title,
  children,
  action,
  isBusy,
  isReady = true,
  isDanger = false,
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
  onConfirm: () => void
  onClose: () => void
}) {
  useReturnFocus()
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      closeOnEscape={!isBusy}
      closeOnClickOutside={!isBusy}
      closeButtonProps={{ 'aria-label': strings.common.cancel, disabled: isBusy }}
    >
      <Text component="div">{children}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} disabled={isBusy} data-autofocus={isDanger}>
          {strings.common.cancel}
        </Button>
        <Button
          onClick={onConfirm}
          loading={isBusy}
          disabled={!isReady}
          data-autofocus={!isDanger}
          {...(isDanger ? { color: DANGER } : {})}
        >
          {action}
        </Button>
      </Group>
    </Modal>
  )
}
