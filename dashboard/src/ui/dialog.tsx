import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useSeenPart } from '../embed/use-seen-part.ts'
import { isEmbedded } from '../place.ts'
import { strings } from '../strings.ts'
import classes from './dialog.module.css'
import { useReturnFocus } from './return-focus.ts'

/** A window over the page; what was focused before is focused again after it. */
export function Dialog({
  title,
  size = 'md',
  isHeld = false,
  onClose,
  children,
}: {
  title: string
  size?: 'md' | 'lg' | 'xl'
  /** Only what is in it closes it: no Escape, no click beside it. */
  isHeld?: boolean
  onClose: () => void
  children: ReactNode
}) {
  useReturnFocus()
  const { isKnown, styles } = useSeenPart(true)
  return (
    <Modal
      opened={isKnown}
      styles={styles}
      // Of a frame's height it would be far too much.
      {...(isEmbedded && { yOffset: '1rem' })}
      size={size}
      title={title}
      classNames={{ title: classes['title'] ?? '' }}
      closeButtonProps={{ 'aria-label': strings.common.close }}
      withCloseButton={!isHeld}
      closeOnClickOutside={!isHeld}
      closeOnEscape={!isHeld}
      onClose={onClose}
    >
      {children}
    </Modal>
  )
}
