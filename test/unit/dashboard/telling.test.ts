import { expect, test } from 'vitest'
import { linesOf } from '../../../dashboard/src/pages/audit/telling.ts'

test('members that came to a list are one line, and so are those that went', () => {
  expect(linesOf({ triggers: ['a', 'b', 'c'] }, { triggers: ['c', 'd', 'e'] })).toEqual([
    { path: 'triggers', kind: 'removed', before: ['a', 'b'], after: [] },
    { path: 'triggers', kind: 'added', before: [], after: ['d', 'e'] },
  ])
})

test('of what was made, fields without a value come last', () => {
  const made = { description: '', name: 'CRM', rate_limit: null, headers: [], ordering: 'none' }
  expect(linesOf(null, made).map(({ path }) => path)).toEqual([
    'name',
    'ordering',
    'description',
    'rate_limit',
    'headers',
  ])
})

test('of a change, a field that lost its value stands where it is', () => {
  expect(linesOf({ rate_limit: 5, name: 'A' }, { rate_limit: null, name: 'B' })).toEqual([
    { path: 'rate_limit', kind: 'changed', before: [5], after: [null] },
    { path: 'name', kind: 'changed', before: ['A'], after: ['B'] },
  ])
})
