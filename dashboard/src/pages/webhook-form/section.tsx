import { useState, type ReactNode } from 'react'
import classes from './webhook-form.module.css'

/** Fields that belong together. @param isFolded what is seldom needed, and folded to begin with */
export function Section({
  title,
  isFolded,
  children,
}: {
  title: string
  isFolded?: boolean
  children: ReactNode
}) {
  const [isOpen, setIsOpen] = useState(isFolded === false)
  if (isFolded === undefined) {
    return (
      <fieldset className={classes['section']}>
        <legend>{title}</legend>
        <div className={classes['stack']}>{children}</div>
      </fieldset>
    )
  }
  return (
    <div className={classes['section']}>
      <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>{title}</summary>
        <div className={classes['stack']}>{children}</div>
      </details>
    </div>
  )
}
