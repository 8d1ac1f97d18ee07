import { Anchor, VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings.ts'
import { differences, type Difference } from './diff.ts'
import classes from './audit-page.module.css'

const words = strings.audit
/** Shown at once: most changes are of one field or two. */
const FIRST = 4
const MARKS: Record<Difference['kind'], string> = {
  added: '+',
  removed: '−',
  changed: '±',
  unseen: '•',
  reordered: '↕',
}

/** Before and after as what differs, a line each. */
export function Changes({
  before,
  after,
}: {
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}) {
  const [showsAll, setShowsAll] = useState(false)
  const all = differences(before, after)
  const isLong = all.length > FIRST + 1
  const shown = isLong && !showsAll ? all.slice(0, FIRST) : all
  if (all.length === 0) return <span className={classes['none']}>{words.nothing}</span>
  return (
    <div className={classes['changes']}>
      <ul>
        {shown.map((each, index) => (
          // A list of texts has several of the same path.
          <li key={`${each.path} ${index}`} className={classes[each.kind]}>
            <span aria-hidden="true">{MARKS[each.kind]}</span>
            <div>
              <span className={classes['path']}>{each.path}</span>{' '}
              <VisuallyHidden>{words.kinds[each.kind]} </VisuallyHidden>
              <Values difference={each} />
            </div>
          </li>
        ))}
      </ul>
      {isLong && (
        <Anchor component="button" size="sm" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? words.showFewer : words.showAll(all.length)}
        </Anchor>
      )}
    </div>
  )
}

function Values({ difference: { kind, before, after } }: { difference: Difference }) {
  switch (kind) {
    case 'added':
      return <ins>{textOf(after)}</ins>
    case 'removed':
      return <del>{textOf(before)}</del>
    case 'changed':
      return (
        <>
          <VisuallyHidden>{words.was} </VisuallyHidden>
          <del>{textOf(before)}</del>
          <span aria-hidden="true"> → </span>
          <VisuallyHidden> {words.is} </VisuallyHidden>
          <ins>{textOf(after)}</ins>
        </>
      )
    case 'unseen':
    case 'reordered':
      return <span aria-hidden="true">{words.kinds[kind]}</span>
  }
}

/** A text as it is, unless there is nothing to see of it; all else as JSON has it. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? value : JSON.stringify(value)
}
