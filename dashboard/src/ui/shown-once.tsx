import { Button, Group, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import classes from './shown-once.module.css'

/**
 * A secret that nobody can read again. Only its own button closes it: a click beside it or Escape would lose it.
 * @param what for those who do not see what stands beside the button that copies, as `the key`
 */
export function ShownOnce({
  title,
  secret,
  label,
  what,
  warning,
  children,
  done,
  onClose,
}: {
  title: string
  secret: string
  label: string
  what: string
  warning: string
  children?: ReactNode
  done: string
  onClose: () => void
}) {
  return (
    <Dialog size="lg" title={title} isHeld onClose={onClose}>
      <Stack gap="sm">
        <p className={classes['warning']}>
          <span aria-hidden="true">◐ </span>
          {warning}
        </p>
        <div>
          <Group justify="space-between" mb={4}>
            <Text size="sm" fw={500}>
              {label}
            </Text>
            <CopyButton text={secret} what={what} />
          </Group>
          <code className={classes['secret']}>{secret}</code>
        </div>
        {children}
        <Group justify="flex-end">
          <Button onClick={onClose}>{done}</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
