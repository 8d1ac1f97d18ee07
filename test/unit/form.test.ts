import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isJsonObject, parseJson, type Json } from '../../src/lib/json.ts'
import { encodeForm } from '../../src/delivery/form.ts'

describe('a form', () => {
  test('carries nested values as JSON text or in brackets', () => {
    const pairs: [string, Json][] = [
      ['missed_agent', [{ name: 'Ravi', number: '+91' }, { name: 'Asha' }]],
      ['billing_circle', { circle: 'UP (East)' }],
    ]
    expect(decodeURIComponent(encodeForm(pairs, 'json'))).toBe(
      'missed_agent=[{"name":"Ravi","number":"+91"},{"name":"Asha"}]&billing_circle={"circle":"UP (East)"}',
    )
    expect(decodeURIComponent(encodeForm(pairs, 'brackets'))).toBe(
      'missed_agent[0][name]=Ravi&missed_agent[0][number]=+91&missed_agent[1][name]=Asha' +
        '&billing_circle[circle]=UP (East)',
    )
  })

  test('loses no key: what is blank is the key with nothing, or its JSON text', () => {
    const pairs: [string, Json][] = [
      ['a', []],
      ['b', {}],
      ['c', ''],
      ['d', null],
      ['e', { f: [] }],
    ]
    expect(decodeURIComponent(encodeForm(pairs, 'brackets'))).toBe('a=&b=&c=&d=&e[f]=')
    expect(decodeURIComponent(encodeForm(pairs, 'json'))).toBe('a=[]&b={}&c=&d=&e={"f":[]}')
  })

  test('keeps the digits of numbers and spells booleans', () => {
    const value = parseJson('{"big":12345678901234567890,"exact":1.50,"yes":true}') ?? null
    expect(decodeURIComponent(encodeForm([['v', value]], 'brackets'))).toBe(
      'v[big]=12345678901234567890&v[exact]=1.50&v[yes]=true',
    )
  })

  test('percent-encodes all but unreserved characters', () => {
    expect(encodeForm([["a b'", "+(&=)*~!'"]], 'json')).toBe('a%20b%27=%2B%28%26%3D%29%2A~%21%27')
    expect(encodeForm([['name', 'आशा']], 'json')).toBe('name=%E0%A4%86%E0%A4%B6%E0%A4%BE')
    expect(encodeForm([['broken', 'a\ud800b']], 'json')).toBe('broken=a%EF%BF%BDb')
  })
})

describe('whatever the pairs', () => {
  const texts = fc.string({ unit: 'binary' })
  const safe = /^[A-Za-z0-9\-._~%=&]*$/

  test('a reader of forms gets them back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, texts)), (pairs) => {
        const form = encodeForm(pairs, 'json')
        expect(form).toMatch(safe)
        expect([...new URLSearchParams(form)]).toEqual(pairs)
      }),
    )
  })

  test('in brackets, each leaf stands under the path that leads to it', () => {
    const leaves = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, leaves, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'))),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        const expected: [string, string][] = []
        const walk = (path: string, each: Json): void => {
          const children = Array.isArray(each) || isJsonObject(each) ? Object.entries(each) : []
          for (const [key, child] of children) walk(`${path}[${key}]`, child)
          if (children.length === 0) {
            const isBlank = each === null || typeof each === 'object'
            expected.push([path, isBlank ? '' : String(each)])
          }
        }
        walk('v', value)
        const form = encodeForm([['v', value]], 'brackets')
        expect(form).toMatch(safe)
        expect([...new URLSearchParams(form)]).toEqual(expected)
      }),
    )
  })
})
