/** How often an open call is read anew. */
import { expect, test } from 'vitest'
import { followMs } from '../../../dashboard/src/timeline/follow.ts'
import type { ToldDelivery } from '../../../dashboard/src/timeline/call.ts'
import { at, delivery, event } from './sample-call.ts'

function open(name: string, why: ToldDelivery['waits'][number]['why'], status: ToldDelivery['status']) {
  return delivery(name, {
    status,
    attempts: [],
    completed_at: null,
    waits: [{ why, from: at(0), until: null }],
  })
}
const held = open('warehouse', 'held', 'held')

test.each([
  ['nothing is open', event(1, 0, { deliveries: [delivery('crm')] }), false],
  ['all that is open is held by a pause', event(1, 0, { deliveries: [held, delivery('crm')] }), 15_000],
  [
    'what waits behind what is held is at rest, too',
    event(1, 0, { deliveries: [held, open('warehouse', 'turn', 'pending')] }),
    15_000,
  ],
  [
    'another waits for its next attempt',
    event(1, 0, { deliveries: [held, open('crm', 'backoff', 'pending')] }),
    2000,
  ],
  ['a receiver may be up again', event(1, 0, { deliveries: [open('crm', 'breaker', 'held')] }), 2000],
  ['an event waits for one before it', event(2, 0, { released_at: null, deliveries: [held] }), 2000],
])('%s', (_name, shown, ms) => {
  expect(followMs([shown])).toBe(ms)
})
