import { Anchor, VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import { strings } from '../../strings.ts'
import type { Difference } from './diff.ts'
import { shortId, type Names } from './names.ts'
import { linesOf, saysNothing, type Line } from './telling.ts'
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
  names,
}: {
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
  names: Names
}) {
  const [showsAll, setShowsAll] = useState(false)
  const lines = linesOf(before, after)
  const isWhole = before === null || after === null
  const telling = isWhole ? lines.filter((line) => !saysNothing(line)) : lines
  // One more line takes no more room than the button that shows it.
  const short = telling.length > FIRST + 1 ? telling.slice(0, FIRST) : telling
  const shown = showsAll ? lines : short
  const isLong = short.length < lines.length
  if (lines.length === 0) return <span className={classes['none']}>{words.nothing}</span>
  return (
    <div className={classes['changes']}>
      <ul>
        {shown.map((line) => (
          <li key={`${line.kind} ${line.path}`} className={classes[line.kind]}>
            <span aria-hidden="true">{MARKS[line.kind]}</span>
            <div>
              <span className={classes['path']}>{line.path}</span>{' '}
              <VisuallyHidden>{words.kinds[line.kind]} </VisuallyHidden>
              <Values line={line} names={names} />
            </div>
          </li>
        ))}
      </ul>
      {isLong && (
        <Anchor component="button" size="sm" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? words.showFewer : words.showAll(lines.length)}
        </Anchor>
      )}
    </div>
  )
}

function Values({ line: { kind, before, after }, names }: { line: Line; names: Names }) {
  switch (kind) {
    case 'added':
      return after.map((value) => <Value key={textOf(value)} as="ins" value={value} names={names} />)
    case 'removed':
      return before.map((value) => <Value key={textOf(value)} as="del" value={value} names={names} />)
    case 'changed':
      return (
        <>
          <VisuallyHidden>{words.was} </VisuallyHidden>
          <Value as="del" value={before[0]} names={names} />
          <span aria-hidden="true">→ </span>
          <VisuallyHidden>{words.is} </VisuallyHidden>
          <Value as="ins" value={after[0]} names={names} />
        </>
      )
    case 'unseen':
    case 'reordered':
      return <span aria-hidden="true">{words.kinds[kind]}</span>
  }
}

/** An id is shown as what it names, if that is known. */
function Value({ as: Tag, value, names }: { as: 'ins' | 'del'; value: unknown; names: Names }) {
  const text = textOf(value)
  const isId = typeof value === 'string' && shortId(value) !== value
  return (
    <>
      <Tag title={isId ? text : undefined}>{isId ? (names.get(value) ?? shortId(value)) : text}</Tag>{' '}
    </>
  )
}

/** A text as it is, unless there is nothing to see of it; all else as JSON has it. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? value : JSON.stringify(value)
}
