/** The picture by keyboard. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitted, unfolded, type Fit } from '../../../dashboard/src/timeline/fit.ts'
import { layout, subjectOf } from '../../../dashboard/src/timeline/layout.ts'
import { moveOf } from '../../../dashboard/src/timeline/moves.ts'
import { WHOLE } from '../../../dashboard/src/timeline/scale.ts'
import { allStops, stopsOf, type Stop } from '../../../dashboard/src/timeline/stops.ts'
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

test('arrows come to each wait, and Enter on one opens what waits', () => {
  const retried = delivery('helpdesk', {
    attempts: [attempt(1, 0, 50, 502), attempt(2, 5050, 40)],
    waits: [{ why: 'backoff', from: at(50), until: at(5050) }],
    completed_at: at(5090),
  })
  const held = delivery('warehouse', {
    status: 'held',
    attempts: [],
    waits: [{ why: 'held', from: at(0), until: null }],
    completed_at: null,
  })
  const shown = call(
    event(1, 0, { deliveries: [retried, held] }),
    event(2, 1000, {
      released_at: at(1800),
      deliveries: [{ ...held, id: 'dlv_second', waits: [{ why: 'held', from: at(1800), until: null }] }],
    }),
  )
  const stop = (...keys: string[]): Stop | null => {
    const all = stopsOf(layout(subjectOf(shown, START_MS + 6000), WHOLE, 900))
    return keys.reduce<Stop | null>((stood, key) => {
      const move = moveOf(key, stood, all)
      return move?.kind === 'stand' ? move.stop : stood
    }, null)
  }
  expect(stop('ArrowRight', 'ArrowRight', 'ArrowRight')?.what.kind).toBe('gap')
  // Across one comes to what was sent, along to what it waited for.
  expect(stop('ArrowRight', 'ArrowDown')?.what.kind).toBe('attempt')
  expect(stop('ArrowRight', 'ArrowDown', 'ArrowRight')?.what).toMatchObject({ kind: 'wait', why: 'backoff' })
  const waiting = stop('ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowRight')
  expect(waiting?.what).toMatchObject({ kind: 'wait', why: 'held' })
  expect(moveOf('Enter', waiting, stops)).toEqual({ kind: 'open', deliveryId: 'dlv_warehouse' })
})

test('arrows come to a fold above the events, and Enter opens it, or folds it again', () => {
  const retried = delivery('helpdesk', {
    attempts: [attempt(1, 0, 50, 502), attempt(2, 298_050, 40)],
    waits: [{ why: 'backoff', from: at(50), until: at(298_050) }],
    completed_at: at(298_090),
  })
  const subject = subjectOf(call(event(1, 0, { deliveries: [retried] })), NOW_MS)
  const first = fitted(null, subject, 900, true)
  const [fold] = first.span.folds
  if (fold === undefined) throw new Error('nothing is folded')
  const entered = ({ span, opened, whole }: Fit) => {
    const all = stopsOf(layout(subject, whole, 900, span, opened))
    const [event1] = all.row(1)
    if (event1 === undefined) throw new Error('no event')
    const up = moveOf('ArrowUp', event1, all)
    return up?.kind === 'stand' ? moveOf('Enter', up.stop, all) : null
  }
  expect(entered(first)).toEqual({ kind: 'fold', fold, isOpen: true })
  expect(entered(unfolded(first, fold))).toEqual({ kind: 'fold', fold, isOpen: false })
})

test('every delivery, attempt, wait and event of any call is reached by arrows alone', () => {
  fc.assert(
    fc.property(anyCall, (shown) => {
      const all = stopsOf(layout(subjectOf(shown, NOW_MS), WHOLE, 900))
      const reached = new Set<string>()
      const open = allStops(all).slice(0, 1)
      for (let stop = open.pop(); stop !== undefined; stop = open.pop()) {
        reached.add(stop.id)
        for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'Home', 'End']) {
          const move = moveOf(key, stop, all)
          if (move?.kind === 'stand' && !reached.has(move.stop.id)) open.push(move.stop)
        }
      }
      for (const { id } of allStops(all)) expect(reached).toContain(id)
      for (const { id, deliveries } of shown.events) {
        expect(reached).toContain(id)
        for (const each of deliveries) {
          const own = allStops(all).filter(({ deliveryId }) => deliveryId === each.id)
          expect(own.length).toBeGreaterThanOrEqual(Math.max(1, each.attempts.length))
          for (const stop of own) expect(reached).toContain(stop.id)
        }
      }
    }),
    { numRuns: 60 },
  )
})
