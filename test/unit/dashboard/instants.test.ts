/** Times on the cards of a call's picture. */
import { expect, test } from 'vitest'
import { instantsIn } from '../../../dashboard/src/timeline/instants.ts'

const { at, range } = instantsIn('utc')
const ms = Date.parse

test('a time has its milliseconds if it has any, and always its zone', () => {
  expect(at(ms('2026-07-11T15:44:45.007Z'))).toBe('11 Jul 2026, 15:44:45.007 UTC')
  expect(at(ms('2026-07-11T15:44:45Z'))).toBe('11 Jul 2026, 15:44:45 UTC')
})

test('a stretch says its day once, and both days if they are two', () => {
  expect(plain(range(ms('2026-07-11T15:44:45.007Z'), ms('2026-07-11T15:44:46Z')))).toBe(
    '11 Jul 2026, 15:44:45.007 UTC – 15:44:46.000 UTC',
  )
  expect(plain(range(ms('2026-07-11T23:59:59Z'), ms('2026-07-12T00:00:00Z')))).toBe(
    '11 Jul 2026, 23:59:59 UTC – 12 Jul 2026, 00:00:00 UTC',
  )
  expect(at(ms('2026-07-11T15:44:45.007Z'))).toBe(
    range(ms('2026-07-11T15:44:45.007Z'), ms('2026-07-11T15:44:45.007Z')),
  )
})

/** Versions of the locale's data differ in which spaces stand around a dash. */
function plain(text: string): string {
  return text.replaceAll(/\s/g, ' ')
}
