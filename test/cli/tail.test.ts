import { expect, test } from 'vitest'
import type { DeliveryView } from '../../src/api/deliveries/view.ts'
import { Failure } from '../../scripts/cli/failure.ts'
import { followingFrom, newEnds } from '../../scripts/cli/following.ts'
import { follow, type Tail } from '../../scripts/cli/tail.ts'
import { at, delivery } from './samples.ts'

const idsOf = (deliveries: readonly DeliveryView[]) => deliveries.map(({ event_id }) => event_id)

test('two pages that overlap show each delivery once, in the order of their ends', () => {
  const following = followingFrom(at(0))
  const late = delivery(1, 0, { completed_at: at(900) })
  const first = newEnds(following, { data: [delivery(3, 30), delivery(2, 20), late] })
  expect(idsOf(first)).toEqual(['evt-2', 'evt-3', 'evt-1'])
  expect(idsOf(newEnds(following, { data: [delivery(4, 40), delivery(3, 30)] }))).toEqual(['evt-4'])
})

test('a delivery is shown when it ends, and once more if it is made again and ends again', () => {
  const following = followingFrom(at(0))
  const open = delivery(1, 0, { status: 'pending', completed_at: null })
  const held = delivery(2, 0, { status: 'held', completed_at: null })
  expect(newEnds(following, { data: [open, held] })).toEqual([])
  const failed = delivery(1, 0, { status: 'failed', completed_at: at(100) })
  expect(newEnds(following, { data: [failed, held] })).toEqual([failed])
  expect(newEnds(following, { data: [open, held] })).toEqual([])
  const again = delivery(1, 0, { completed_at: at(5000) })
  expect(newEnds(following, { data: [again, held] })).toEqual([again])
})

test('of events of before it began, a tail shows what ends from then on', () => {
  const following = followingFrom(at(0), at(1000))
  const before = delivery(1, 0, { completed_at: at(999) })
  const open = delivery(2, 0, { status: 'pending', completed_at: null })
  expect(newEnds(following, { data: [open, before] })).toEqual([])
  const ended = delivery(2, 0, { completed_at: at(1500) })
  expect(newEnds(following, { data: [ended, before] })).toEqual([ended])
  const again = delivery(1, 0, { completed_at: at(2000) })
  expect(newEnds(following, { data: [ended, again] })).toEqual([again])
})

test('what is remembered is bounded, and what is let go of is not shown twice', () => {
  const following = followingFrom(at(0))
  const all = Array.from({ length: 100 }, (_, index) => delivery(index, Math.floor(index / 3)))
  const shown = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    for (const each of all) {
      for (const { id } of newEnds(following, { data: [each] }, 10)) {
        expect(shown).not.toContain(id)
        shown.add(id)
      }
      expect(following.shown.size).toBeLessThanOrEqual(10)
    }
  }
  expect(shown.size).toBe(100)
})

class Ended extends Failure {}

/** A list that ends the tail once so many looks have been taken. */
function tailOf(more: Partial<Tail>, looks: number) {
  const shown: string[][] = []
  const notes: string[] = []
  const pauses: number[] = []
  const tail: Tail = {
    following: followingFrom(at(0)),
    list: async () => ({ data: [], next_cursor: null }),
    show: async (ends) => void shown.push(idsOf(ends)),
    note: (text) => void notes.push(text),
    passMs: async (ms) => {
      pauses.push(ms)
      if (pauses.length === looks) throw new Ended('enough')
    },
    ...more,
  }
  return { shown, notes, pauses, done: expect(follow(tail)).rejects.toThrow(Ended) }
}

test('a delivery deep in the list is met when it ends, at a bounded number of requests for a look', async () => {
  // 40 pages, and only the last delivery of all is still open.
  const all = Array.from({ length: 400 }, (_, index) => delivery(400 - index, 400 - index))
  let requests = 0
  let isOpen = true
  let most = 0
  const { shown, done } = tailOf(
    {
      list: async ({ cursor }) => {
        requests += 1
        const from = Number(cursor ?? 0)
        const data = all
          .slice(from, from + 10)
          .map((each) =>
            each.event_id === 'evt-1' && isOpen
              ? { ...each, status: 'pending' as const, completed_at: null }
              : each,
          )
        return { data, next_cursor: from + 10 < all.length ? String(from + 10) : null }
      },
      passMs: (() => {
        let looks = 0
        return async () => {
          most = Math.max(most, requests)
          requests = 0
          looks += 1
          if (looks === 60) isOpen = false
          if (looks === 120) throw new Ended('enough')
        }
      })(),
    },
    0,
  )
  await done
  expect(shown.flat().toSorted()).toEqual(idsOf(all).toSorted())
  expect(shown.at(-1)).toEqual(['evt-1'])
  expect(most).toBeLessThanOrEqual(4)
})

test('a relay that is away is asked ever more seldom, and what it has then is shown once', async () => {
  const away = new Failure('the relay does not answer', { mayPass: true })
  const answers = [[delivery(1, 0)], away, away, away, away, away, [delivery(2, 10), delivery(1, 0)]]
  const { shown, notes, pauses, done } = tailOf(
    {
      list: async () => {
        const answer = answers.shift() ?? []
        if (answer instanceof Failure) throw answer
        return { data: answer, next_cursor: null }
      },
    },
    8,
  )
  await done
  expect(shown).toEqual([['evt-1'], ['evt-2']])
  expect(notes).toEqual(['the relay does not answer; trying again', 'the relay answers again'])
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 1000, 1000])
})

test('the relay is left alone for as long as it asks for', async () => {
  let requests = 0
  const { pauses, done } = tailOf(
    {
      list: async () => {
        requests += 1
        if (requests === 2) throw new Failure('rate_limited', { mayPass: true, retryAfterMs: 20_000 })
        return { data: [], next_cursor: null }
      },
    },
    3,
  )
  await done
  expect(pauses).toEqual([1000, 20_000, 1000])
})

test('what a look had found before it failed is shown by the next', async () => {
  let requests = 0
  const { shown, done } = tailOf(
    {
      list: async ({ cursor }) => {
        requests += 1
        if (requests === 3) throw new Failure('away', { mayPass: true })
        if (requests === 1) return { data: [], next_cursor: null }
        return cursor === undefined
          ? { data: [delivery(2, 10)], next_cursor: 'more' }
          : { data: [delivery(1, 0)], next_cursor: null }
      },
    },
    3,
  )
  await done
  expect(shown).toEqual([['evt-1', 'evt-2']])
})

test.each([
  ['the first look fails', [new Failure('not there', { mayPass: true })]],
  ['the key is none any more', [null, new Failure('unauthorized')]],
])('it ends if %s', async (_what, answers) => {
  const tail = {
    following: followingFrom(at(0)),
    list: async () => {
      const answer = answers.shift()
      if (answer instanceof Failure) throw answer
      return { data: [], next_cursor: null }
    },
    show: async () => {},
    note: () => {},
    passMs: async () => {},
  }
  await expect(follow(tail)).rejects.toThrow(Failure)
})
