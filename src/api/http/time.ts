import * as z from 'zod'
import { NO_TIME, readTime } from '../../lib/time.ts'

/** A time that comes in by a body or a query of the control plane. */
export const timeInput = z
  .string(NO_TIME)
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const time = readTime(text)
    if (time !== null) return time
    context.addIssue({ code: 'custom', message: NO_TIME })
    return z.NEVER
  })
