/** The picture by keyboard. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { layout, subjectOf } from '../../../dashboard/src/timeline/layout.ts'
import { moveOf, stopsOf, type Stop } from '../../../dashboard/src/timeline/moves.ts'
import { WHOLE } from '../../../dashboard/src/timeline/scale.ts'
import { anyCall, at, attempt, call, delivery, event, START_MS } from './sample-call.ts'

const NOW_MS = START_MS + 100 * 3_600_000

const helpdesk = delivery('helpdesk', {
  attempts: [attempt(1, 5, 10, 502), attempt(2, 500, 10)],
  completed_at: at(510),
})
const discarded = delivery('archive', { status: 'discarded', attempts: [], completed_at: at(900) })
const stops = stopsOf(
  layout(
    subjectOf(call(event(1, 0, { deliveries: [helpdesk, discarded] }), event(2, 600)), NOW_MS),
    WHOLE,
    900,
  ),
)

/** Where a row of keys leads from the start, or what the last of them does. */
function after(...keys: string[]) {
  let stop: Stop | null = null
  let last: ReturnType<typeof moveOf> = null
  for (const key of keys) {
    last = moveOf(key, stop, stops)
    if (last?.kind === 'stand') stop = last.stop
  }
  return last?.kind === 'stand' ? last.stop.id : last
}

test('arrows go along a lane and across, to what is nearest in time', () => {
  expect(after('ArrowRight')).toBe('evt_1')
  expect(after('ArrowRight', 'ArrowRight')).toBe('evt_2')
  expect(after('ArrowRight', 'ArrowRight', 'ArrowDown')).toBe('atm_2_500')
  expect(after('ArrowRight', 'ArrowDown', 'ArrowUp')).toBe('evt_1')
  expect(after('ArrowRight', 'ArrowDown', 'ArrowDown')).toBe('dlv_archive')
  expect(after('ArrowRight', 'ArrowLeft')).toBeNull()
})

test('a dot goes to the next failure, and from the last to the first', () => {
  expect(after('.')).toBe('atm_1_5')
  expect(after('.', '.')).toBe('dlv_archive')
  expect(after('.', '.', '.')).toBe('atm_1_5')
})

test('Enter opens the delivery that one stands on, and other keys are left to the page', () => {
  expect(after('.', 'Enter')).toEqual({ kind: 'open', deliveryId: 'dlv_helpdesk' })
  expect(after('ArrowRight', 'Enter')).toBeNull()
  expect(after('0')).toEqual({ kind: 'whole' })
  expect(after('a')).toBeNull()
  expect(after('Tab')).toBeNull()
})

test('every delivery, every attempt and every event of any call is reached by arrows alone', () => {
  fc.assert(
    fc.property(anyCall, (shown) => {
      const all = stopsOf(layout(subjectOf(shown, NOW_MS), WHOLE, 900))
      const reached = new Set<string>()
      const open = all.flat().slice(0, 1)
      for (let stop = open.pop(); stop !== undefined; stop = open.pop()) {
        reached.add(stop.id)
        for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'Home', 'End']) {
          const move = moveOf(key, stop, all)
          if (move?.kind === 'stand' && !reached.has(move.stop.id)) open.push(move.stop)
        }
      }
      for (const { id, deliveries } of shown.events) {
        expect(reached).toContain(id)
        for (const each of deliveries) {
          const own = all.flat().filter(({ deliveryId }) => deliveryId === each.id)
          expect(own.length).toBeGreaterThanOrEqual(Math.max(1, each.attempts.length))
          for (const stop of own) expect(reached).toContain(stop.id)
        }
      }
    }),
    { numRuns: 60 },
  )
})
