import { Title } from '@mantine/core'
import { useId, type ReactNode } from 'react'
import classes from './webhook-page.module.css'

/** A part of the page, by its heading, with what can be done in it. */
export function Panel({
  title,
  controls,
  anchor,
  isFlush = false,
  children,
}: {
  title: string
  controls?: ReactNode
  /** By which the page leads to it. */
  anchor?: string
  /** What is inside goes to the edge. */
  isFlush?: boolean
  children: ReactNode
}) {
  const id = useId()
  return (
    <section className={classes['panel']} aria-labelledby={id} id={anchor}>
      <div className={classes['head']}>
        <Title order={2} id={id}>
          {title}
        </Title>
        {controls}
      </div>
      {isFlush ? children : <div className={classes['body']}>{children}</div>}
    </section>
  )
}
