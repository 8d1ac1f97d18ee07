import { callPath } from '../place.ts'
import classes from './list.module.css'
import { PathLink } from './path-link.tsx'

/** A call's id, of any length: what does not fit is in its title, and on the page that it leads to. */
export function CallLink({ callId }: { callId: string }) {
  return (
    <PathLink to={callPath(callId)} className={`${classes['mono']} ${classes['short']}`} title={callId}>
      {callId}
    </PathLink>
  )
}
