import { Title, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { strings } from '../../strings.ts'
import classes from './start-page.module.css'

export type StepState = keyof typeof strings.start.state

/** One of the numbered steps. */
export function Step({
  number,
  title,
  state,
  children,
}: {
  number: number
  title: string
  state: StepState
  children: ReactNode
}) {
  return (
    <li
      className={classes['step']}
      data-state={state}
      {...(state === 'open' ? { 'aria-current': 'step' as const } : {})}
    >
      <span className={classes['mark']} aria-hidden="true">
        {state === 'done' ? '✓' : number}
      </span>
      <Title order={2} className={classes['title'] ?? ''}>
        {title}
        <VisuallyHidden> ({strings.start.state[state]})</VisuallyHidden>
      </Title>
      <div className={classes['body']}>{children}</div>
    </li>
  )
}
