import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import { strings } from '../strings.ts'
import classes from './filter-fields.module.css'

const words = strings.lists

/**
 * The filters of a list. On a phone the first stands there alone, and a button shows the others: what is looked for is
 * the list.
 * @param className how they are laid out
 * @param values what they are set to, by name
 */
export function FilterFields({
  label = words.filters,
  className = '',
  values,
  children,
}: {
  label?: string
  className?: string | undefined
  values: object
  children: ReactNode
}) {
  const [isOpen, setOpen] = useState(false)
  const count = Object.values(values).filter((value) => value !== undefined).length
  return (
    <div className={`${className} ${isOpen ? '' : classes['folded']}`} role="search" aria-label={label}>
      {children}
      <Button
        className={classes['more'] ?? ''}
        size="xs"
        variant="default"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? words.fewerFilters : words.moreFilters(count)}
      </Button>
    </div>
  )
}
