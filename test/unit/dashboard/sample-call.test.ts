import { expect, test } from 'vitest'
import {
  playedAtMs,
  SAMPLE_TRIGGERS,
  sampleCall,
  sampleCallId,
} from '../../../dashboard/src/pages/start/sample-call.ts'
import { checkEvent } from '../../../src/api/events/schema.ts'
import { triggerOf } from '../../../src/catalogue/triggers.ts'

const NOW_MS = Date.UTC(2026, 6, 11, 12)
/** What each event of a call has, as the core sends it, whether its trigger documents it or not. */
const ALL_ALONG = ['start_stamp', 'customer_no_with_prefix']
const events = sampleCall('sample-1', NOW_MS)

test('the sample call is made of events as the relay takes them, in the order of one call', () => {
  expect(events.map((event) => checkEvent(event).ok)).toEqual(SAMPLE_TRIGGERS.map(() => true))
  expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
  expect(new Set(events.map(({ call_id }) => call_id))).toEqual(new Set(['sample-1']))
  const times = events.map(({ occurred_at }) => Date.parse(occurred_at))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(times.at(-1)).toBe(NOW_MS)
})

test('it is one that customers still ask for, with variables of the catalogue alone', () => {
  for (const { trigger, variables } of events) {
    const { deprecated, variables: documented } = triggerOf(trigger)
    const names = documented.map(({ name }) => name)
    expect([trigger, deprecated]).toEqual([trigger, false])
    const beyond = Object.keys(variables).filter((name) => !names.includes(name))
    expect([trigger, beyond.filter((name) => !ALL_ALONG.includes(name))]).toEqual([trigger, []])
  }
})

test('each time it is another call, whose id says when it was played', () => {
  expect(sampleCallId(NOW_MS, 0.5)).toBe('sample-1783771200.500000')
  expect(sampleCallId(NOW_MS, 0.25)).not.toBe(sampleCallId(NOW_MS, 0.75))
  expect(playedAtMs(sampleCallId(NOW_MS, 0.5))).toBe(NOW_MS)
  expect(playedAtMs('1783784576.231947')).toBeNull()
})
