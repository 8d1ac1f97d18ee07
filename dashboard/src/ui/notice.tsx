import { CloseButton } from '@mantine/core'
import { useEffect } from 'react'
import { strings } from '../strings.ts'
import classes from './notice.module.css'

const SHOWN_MS = 6_000

/** Says what was done, above the page and without moving it; goes by itself. A screen reader reads it out. */
export function Notice({ text, onGone }: { text: string | null; onGone: () => void }) {
  useEffect(() => {
    if (text === null) return
    const timer = setTimeout(onGone, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [text, onGone])
  return (
    <div role="status" className={classes['place']}>
      {text !== null && (
        <div className={classes['notice']}>
          {text}
          <CloseButton size="sm" aria-label={strings.common.close} onClick={onGone} />
        </div>
      )}
    </div>
  )
}
