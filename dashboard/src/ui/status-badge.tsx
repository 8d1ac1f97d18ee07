import classes from './status-badge.module.css'

export type Tone = 'good' | 'warn' | 'bad' | 'quiet'

/** A mark for each, so that no tone is told by its colour alone. */
const MARKS: Record<Tone, string> = { good: '●', warn: '◐', bad: '▲', quiet: '○' }

/** How something stands: in words, with a mark, in colour. */
export function StatusBadge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={`${classes['badge']} ${classes[tone]}`}>
      <span aria-hidden="true">{MARKS[tone]}</span>
      {children}
    </span>
  )
}
