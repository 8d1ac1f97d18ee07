import { Button, Group, Modal, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { strings } from '../strings.ts'
import { useReturnFocus } from './return-focus.ts'

/** Asks before something that cannot be taken back; says what will happen. */
export function Confirm({
  title,
  children,
  action,
  isBusy,
  onConfirm,
  onClose,
}: {
  title: string
  children: ReactNode
  action: string
  isBusy: boolean
  onConfirm: () => void
  onClose: () => void
}) {
  useReturnFocus()
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': strings.common.cancel }}>
      <Text>{children}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {strings.common.cancel}
        </Button>
        <Button onClick={onConfirm} loading={isBusy} data-autofocus>
          {action}
        </Button>
      </Group>
    </Modal>
  )
}
