import * as z from 'zod'
import { NO_TIME, readTime } from '../../lib/time.ts'

/**
 * A time that comes in by a body or a query of the control plane, in UTC. A transformation to milliseconds would cost
 * the documents of its schemas their examples.
 */
export const timeInput = z
  .string(NO_TIME)
  .refine((text) => readTime(text) !== null, { error: NO_TIME, abort: true })
  .overwrite((text) => readTime(text)?.utc ?? text)
  .meta({ format: 'date-time' })

/**
 * The first whole millisecond since epoch that is not before a time.
 * @throws Error if it was not checked
 */
export function instantMs(time: string): number {
  const read = readTime(time)
  if (read === null) throw new Error('A time that was not checked')
  return read.ms
}

/** The bounds of a list's query, in ms since epoch. */
export function boundsOf({ since, until }: { since?: string | undefined; until?: string | undefined }): {
  sinceMs: number | undefined
  untilMs: number | undefined
} {
  return {
    sinceMs: since === undefined ? undefined : instantMs(since),
    untilMs: until === undefined ? undefined : instantMs(until),
  }
}
