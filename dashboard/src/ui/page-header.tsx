import { Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { strings } from '../strings.ts'
import classes from './panel.module.css'

/** The page's one h1, the title of the window, and what can be done on the page as a whole. */
export function PageHeader({ title, children }: { title: string; children?: ReactNode }) {
  useDocumentTitle(`${title} · ${strings.product}`)
  return (
    <div className={classes['header']}>
      <Title order={1}>{title}</Title>
      {children}
    </div>
  )
}
