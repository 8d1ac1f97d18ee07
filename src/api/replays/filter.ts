/** What a request says of the deliveries that are to be made again. */
import * as z from 'zod'
import type { EndedStatus } from '../../contracts/deliveries.ts'
import type { ReplayFilter } from '../../contracts/shard.ts'
import { orDefault, orNothing } from '../http/optional.ts'
import { instantMs, timeInput } from '../http/time.ts'

export const windowFields = {
  since: timeInput.describe('Deliveries of events received at or after this time.'),
  until: orNothing(timeInput.describe('And before this time; now where left out.')),
}

export const dryRun = orDefault(z.boolean().describe('Count, and make nothing.'), false)

interface Window {
  since: string
  until?: string | undefined
}

export function isWindow({ since, until }: Window): boolean {
  return until === undefined || instantMs(since) < instantMs(until)
}

export const NO_WINDOW = { path: ['until'], message: 'must be after since' }

export function filterOf(
  { since, until }: Window,
  statuses: readonly EndedStatus[],
  nowMs: number,
): ReplayFilter {
  return {
    since: instantMs(since),
    until: until === undefined ? nowMs : instantMs(until),
    statuses: [...new Set(statuses)],
  }
}
