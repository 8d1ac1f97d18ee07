import { expect, test } from 'vitest'
import { outcomeOf } from '../../../dashboard/src/pages/start/outcome.ts'
import { sampleCallId } from '../../../dashboard/src/pages/start/sample-call.ts'

const PLAYED_MS = Date.UTC(2026, 6, 11, 12)
const call = sampleCallId(PLAYED_MS, 0.5)
const succeeded = { status: 'succeeded', last_error: null } as const
const pending = { status: 'pending', last_error: null } as const
const five = [succeeded, succeeded, succeeded, succeeded, succeeded]

test('a call has arrived once all five of its events have', () => {
  expect(outcomeOf([], undefined, PLAYED_MS)).toBe('idle')
  expect(outcomeOf([], call, PLAYED_MS + 1_000)).toBe('waiting')
  expect(outcomeOf(five.slice(1), call, PLAYED_MS + 1_000)).toBe('waiting')
  expect(outcomeOf([pending, ...five.slice(1)], call, PLAYED_MS + 1_000)).toBe('waiting')
  expect(outcomeOf(five, call, PLAYED_MS + 1_000)).toBe('arrived')
})

test('tests have arrived when all that were sent have, however many', () => {
  expect(outcomeOf([succeeded], undefined, PLAYED_MS)).toBe('arrived')
  expect(outcomeOf([succeeded, pending], undefined, PLAYED_MS)).toBe('waiting')
})

test('one that was not taken is said at once, though it is tried again; of one that succeeded then, nothing', () => {
  expect(outcomeOf([{ status: 'pending', last_error: 'connection' }], call, PLAYED_MS)).toBe('trouble')
  expect(outcomeOf([{ status: 'discarded', last_error: null }], undefined, PLAYED_MS)).toBe('trouble')
  expect(outcomeOf([{ status: 'succeeded', last_error: 'status' }], undefined, PLAYED_MS)).toBe('arrived')
})

test('a call of which nothing is sent on does not seem to be under way for ever', () => {
  expect(outcomeOf([], call, PLAYED_MS + 10_001)).toBe('nothing')
})
