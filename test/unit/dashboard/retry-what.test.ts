import { expect, test } from 'vitest'
import { retryOf } from '../../../dashboard/src/find/retry-what.ts'

const NOW = '2026-11-28T10:00:00.000Z'
const nowMs = Date.parse(NOW)

test('a retry is of what the filters select, up to the time that it was asked for', () => {
  expect(retryOf({ status: 'failed', webhook_id: 'wh_1', since: '2026-11-27T00:00:00Z' }, nowMs)).toEqual({
    ok: true,
    what: { status: 'failed', webhook_id: 'wh_1', since: '2026-11-27T00:00:00Z', until: NOW },
  })
  expect(retryOf({ status: 'expired', until: '2026-11-27T00:00:00Z' }, nowMs)).toMatchObject({
    what: { until: '2026-11-27T00:00:00Z' },
  })
})

test('it never is of more than that', () => {
  const more = { status: 'failed', error: 'timeout' }
  expect(retryOf(more, nowMs)).toEqual({ ok: false, why: 'filters' })
  for (const status of [undefined, 'unsucceeded', 'pending', 'held'])
    expect(retryOf({ status }, nowMs), status).toEqual({ ok: false, why: 'status' })
})
