/** Follows deliveries as they end. */
import type { DeliveryView } from '../../src/api/deliveries/view.ts'
import type { Page } from './contract.ts'
import { Failure } from './failure.ts'
import { byEnd, newEnds, type Following, type Sweep } from './following.ts'

/** From the end of one look to the next: with the pages of a look, at most 4 requests in this time. */
const PAUSE_MS = 1000
/** Pages of new ends that one look asks for, besides the one of the slow round. */
const NEWEST_PAGES = 3
/** While the relay is away it is asked more and more seldom, up to this. */
const LONGEST_PAUSE_MS = 10_000
/** What it asks for by `Retry-After` is heeded up to this. */
const LONGEST_ASKED_MS = 60_000

export interface Tail {
  following: Following
  list: (where: { since: string; cursor?: string }) => Promise<Page<DeliveryView>>
  show: (ends: readonly DeliveryView[]) => Promise<void>
  /** Is told in words that the relay is away, and that it is back. */
  note: (text: string) => void
  passMs: (ms: number) => Promise<void>
}

/**
 * Goes on until the process ends.
 * @throws Failure if the first look fails, or a later one in a way that does not pass
 */
export async function follow(tail: Tail): Promise<never> {
  let sweep: Sweep | null = null
  let hasLooked = false
  let pauseMs = PAUSE_MS
  // What was found by a look that then failed is shown by the next one that does not.
  let found: DeliveryView[] = []
  for (;;) {
    try {
      sweep = await look(tail, sweep, found)
      if (found.length > 0) await tail.show(found.sort(byEnd))
      found = []
      if (pauseMs > PAUSE_MS) tail.note('the relay answers again')
      hasLooked = true
      pauseMs = PAUSE_MS
    } catch (error) {
      if (!(error instanceof Failure) || !error.mayPass || !hasLooked) throw error
      if (pauseMs === PAUSE_MS) tail.note(`${error.message}; trying again`)
      const askedMs = Math.min(error.retryAfterMs ?? 0, LONGEST_ASKED_MS)
      pauseMs = Math.max(Math.min(pauseMs * 2, LONGEST_PAUSE_MS), askedMs)
    }
    await tail.passMs(pauseMs)
  }
}

/**
 * Looks at the newest pages for as long as they bring something, and at one page of the rest.
 * @param found takes the ends that have not been shown
 * @returns where the look at the rest goes on; null if all has been looked at
 */
async function look(
  { following, list }: Tail,
  sweep: Sweep | null,
  found: DeliveryView[],
): Promise<Sweep | null> {
  const { since } = following
  let cursor: string | null = null
  for (let pages = 0; pages < NEWEST_PAGES; pages += 1) {
    const page: Page<DeliveryView> = await list({ since, ...(cursor === null ? {} : { cursor }) })
    const fresh = newEnds(following, page)
    found.push(...fresh)
    cursor = page.next_cursor
    if (cursor === null) return null
    if (fresh.length === 0) break
  }
  const rest = sweep ?? { since, cursor }
  const page = await list({ since: rest.since, ...(rest.cursor === null ? {} : { cursor: rest.cursor }) })
  found.push(...newEnds(following, page))
  return page.next_cursor === null ? null : { since: rest.since, cursor: page.next_cursor }
}
