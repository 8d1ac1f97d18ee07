import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './panel.module.css'

/** Why there is nothing to see, and what to do about it. */
export function EmptyPanel({ title, why, children }: { title: string; why: string; children?: ReactNode }) {
  return (
    <div className={classes['panel']}>
      <Title order={2}>{title}</Title>
      <p>{why}</p>
      {children}
    </div>
  )
}
