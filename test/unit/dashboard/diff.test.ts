import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { differences } from '../../../dashboard/src/pages/audit/diff.ts'

describe('what the audit log tells to have changed:', () => {
  test('nothing, of what is the same in another order of its fields', () => {
    const before = { name: 'CRM', rate_limit: null, nested: { a: 1, b: [{ c: 2, d: 3 }] } }
    const after = { nested: { b: [{ d: 3, c: 2 }], a: 1 }, rate_limit: null, name: 'CRM' }
    expect(differences(before, after)).toEqual([])
  })

  test('a field, by its name, with both values', () => {
    expect(differences({ name: 'CRM', country: 'IN' }, { name: 'CRM 2', country: 'IN' })).toEqual([
      { path: 'name', kind: 'changed', before: 'CRM', after: 'CRM 2' },
    ])
  })

  test('null and what is not there are not the same', () => {
    expect(differences({ rate_limit: null }, { rate_limit: 5 })).toEqual([
      { path: 'rate_limit', kind: 'changed', before: null, after: 5 },
    ])
    expect(differences({}, { rate_limit: null })).toEqual([
      { path: 'rate_limit', kind: 'added', after: null },
    ])
  })

  test('what was made, or is gone, field by field', () => {
    expect(differences(null, { name: 'CRM', triggers: ['a', 'b'], headers: [] })).toEqual([
      { path: 'name', kind: 'added', after: 'CRM' },
      { path: 'triggers', kind: 'added', after: 'a' },
      { path: 'triggers', kind: 'added', after: 'b' },
      { path: 'headers', kind: 'added', after: [] },
    ])
    expect(differences({ name: 'CRM' }, null)).toEqual([{ path: 'name', kind: 'removed', before: 'CRM' }])
    expect(differences(null, null)).toEqual([])
  })

  test('a field of an object in an object', () => {
    const before = { user: { id: '42', name: 'Asha' }, more: { deep: { a: 1 } } }
    const after = { user: { id: '42', name: 'Asha Rao' }, more: { deep: { a: 1, b: 2 } } }
    expect(differences(before, after)).toEqual([
      { path: 'user.name', kind: 'changed', before: 'Asha', after: 'Asha Rao' },
      { path: 'more.deep.b', kind: 'added', after: 2 },
    ])
  })

  test('an object that became something else', () => {
    expect(differences({ user: { id: '42' } }, { user: null })).toEqual([
      { path: 'user', kind: 'changed', before: { id: '42' }, after: null },
    ])
    expect(differences({ list: [1] }, { list: { 0: 1 } })).toEqual([
      { path: 'list', kind: 'changed', before: [1], after: { 0: 1 } },
    ])
  })
})

describe('of a list', () => {
  test('of texts: what came and what went, and not what moved up', () => {
    expect(differences({ triggers: ['a', 'b', 'c'] }, { triggers: ['b', 'c', 'd'] })).toEqual([
      { path: 'triggers', kind: 'removed', before: 'a' },
      { path: 'triggers', kind: 'added', after: 'd' },
    ])
  })

  test('of texts in another order: that alone', () => {
    const [before, after] = [
      ['a', 'b', 'c'],
      ['c', 'a', 'b'],
    ]
    expect(differences({ triggers: before }, { triggers: after })).toEqual([
      { path: 'triggers', kind: 'reordered', before, after },
    ])
  })

  test('with members that are there twice: how many of them', () => {
    expect(differences({ list: ['a', 'a', 'b'] }, { list: ['a', 'b'] })).toEqual([
      { path: 'list', kind: 'removed', before: 'a' },
    ])
  })

  test('of members with a name: each by its name, wherever it stands', () => {
    const before = [
      { number: '+918069010148', label: 'Main' },
      { number: '+918069010149', label: 'Sales' },
    ]
    const after = [
      { number: '+918069010149', label: 'Sales, Pune' },
      { number: '+918069010150', label: 'Support' },
    ]
    expect(differences({ numbers: before }, { numbers: after })).toEqual([
      { path: 'numbers[+918069010148]', kind: 'removed', before: 'Main' },
      { path: 'numbers[+918069010149].label', kind: 'changed', before: 'Sales', after: 'Sales, Pune' },
      { path: 'numbers[+918069010150]', kind: 'added', after: 'Support' },
    ])
  })

  test('of members with a name in another order: that', () => {
    const [one, other] = [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]
    expect(differences({ parameters: [one, other] }, { parameters: [other, one] })).toEqual([
      { path: 'parameters', kind: 'reordered', before: ['a', 'b'], after: ['b', 'a'] },
    ])
  })

  test('of members of which two have the same name: as they are', () => {
    const a = { key: 'tag', value: 'a' }
    const b = { key: 'tag', value: 'b' }
    expect(differences({ parameters: [a, b] }, { parameters: [b] })).toEqual([
      { path: 'parameters', kind: 'removed', before: a },
    ])
  })

  test('of lists', () => {
    expect(differences({ rows: [[1, 2], [3]] }, { rows: [[1, 2], [4]] })).toEqual([
      { path: 'rows', kind: 'removed', before: [3] },
      { path: 'rows', kind: 'added', after: [4] },
    ])
  })
})

test('a masked value that is masked on both sides may have changed, and is said to be unseen', () => {
  const headers = [{ key: 'X-Key', value: '••••' }]
  expect(differences({ headers }, { headers })).toEqual([{ path: 'headers[X-Key].value', kind: 'unseen' }])
})

test('whatever the states are, there is a difference if and only if they differ', () => {
  const state = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  const named = fc.uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.boolean() }), {
    selector: ({ key }) => key,
  })
  const any = fc.oneof(state, fc.record({ headers: named }))
  fc.assert(
    fc.property(any, any, (before, after) => {
      // As it comes over the wire: JSON has no -0.
      const [was, is] = [structuredJson(before), structuredJson(after)]
      expect(differences(was, was)).toEqual([])
      let isEqual = true
      try {
        expect(is).toEqual(was)
      } catch {
        isEqual = false
      }
      expect(differences(was, is).length === 0).toBe(isEqual)
    }),
  )
})

function structuredJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
