import type { Calls } from './calls.ts'
import type { Drains } from './drain.ts'
import type { Journal } from './journal.ts'
import type { Tests } from './tests.ts'

/** Events that are read at a time. */
const PORTION = 5_000

/**
 * What a shard that starts has to have in memory: the calls whose events are not in a row of theirs, those with a
 * delivery that waits, and the backlogs that nothing holds any more. What is held stays on disk.
 */
export function recover(
  calls: Calls,
  journal: Journal,
  drains: Drains,
  tests: Tests,
  isHolding: (webhookId: string) => boolean,
): void {
  const nowMs = Date.now()
  const unsaved = new Map<string, number[]>()
  for (let seq = journal.mark; ;) {
    const events = journal.eventsAfter(seq, PORTION)
    for (const event of events) {
      const seqs = unsaved.get(event.call_id)
      if (seqs === undefined) unsaved.set(event.call_id, [event.seq])
      else seqs.push(event.seq)
    }
    seq = events.at(-1)?.seq ?? seq
    if (events.length < PORTION) break
  }
  const pending = [...journal.pending()]
  for (let first = 0; first < pending.length; first += PORTION) {
    const events = journal.events(pending.slice(first, first + PORTION))
    tests.recover(events, nowMs)
    for (const event of events) {
      if (!unsaved.has(event.call_id)) unsaved.set(event.call_id, [])
    }
  }
  for (const [callId, seqs] of unsaved) calls.recover(callId, seqs, nowMs)
  for (const webhookId of journal.holding()) if (!isHolding(webhookId)) drains.release(webhookId)
}
