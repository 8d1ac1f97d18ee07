import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson, type Json } from '../../src/lib/json.ts'
import { fillText, fillValue, irregularOf, isIdentifier, type Scope } from '../../src/delivery/template.ts'

/** A scope as an event's variables make it. */
function scopeOf(values: Iterable<readonly [string, Json]>): Scope {
  const known = new Map(values)
  const irregular = irregularOf([...known.keys()].filter((name) => !isIdentifier(name)))
  return { has: (name) => known.has(name), get: (name) => known.get(name), irregular }
}

const scope = scopeOf([
  ['answered_agent', { name: 'Asha' }],
  ['answered_agent_name', 'Asha'],
  ['billsec', '11'],
  ['call_flow', []],
  ['nothing', null],
  ['exact', parseJson('1783784606.0750') ?? null],
  ['connected', true],
])

describe('a template', () => {
  test.each([
    ['$answered_agent_name', 'Asha'],
    ['$answered_agent', '{"name":"Asha"}'],
    ['$answered_agent_x', '{"name":"Asha"}_x'],
    ['Hello $answered_agent_name, $billsec s', 'Hello Asha, 11 s'],
    ['$billsec$billsec', '1111'],
    ['$unheard_of', ''],
    ['a-$unheard_of-b', 'a--b'],
    ['$$', '$'],
    ['$$billsec', '$billsec'],
    ['$$$billsec', '$11'],
    ['$', '$'],
    ['5$ and $5', '5$ and $5'],
    ['${billsec}', '11'],
    ['$nothing.', '.'],
    ['$exact/$connected', '1783784606.0750/true'],
    ['', ''],
  ])('%j is filled in as %j', (template, text) => {
    expect(fillText(template, scope)).toBe(text)
  })

  test('that is one variable and nothing else keeps the type of its value', () => {
    expect(fillValue('$answered_agent', scope)).toEqual({ name: 'Asha' })
    expect(fillValue('$call_flow', scope)).toEqual([])
    expect(fillValue('$connected', scope)).toBe(true)
    expect(fillValue('$nothing', scope)).toBeNull()
    expect(JSON.stringify(fillValue('$exact', scope))).toBe('1783784606.0750')
    expect(fillValue('$unheard_of', scope)).toBe('')
    expect(fillValue(' $answered_agent', scope)).toBe(' {"name":"Asha"}')
    expect(fillValue('$connected\n', scope)).toBe('true\n')
  })

  test('never fills a value in twice: what a caller says is not a template', () => {
    expect(
      fillText(
        '$name',
        scopeOf([
          ['name', '$secret'],
          ['secret', 'leak'],
        ]),
      ),
    ).toBe('$secret')
    expect(fillText('$name', scopeOf([['name', '$& $1 $`']]))).toBe('$& $1 $`')
  })
})

describe('a name of any characters', () => {
  const names = scopeOf([
    ['lead', 'LEAD'],
    ['lead-id', 42],
    ['utm.source', 'ads'],
    ['order id', 'o-1'],
    ['नाम', 'Asha'],
    ['Caller-Caller-ID-Number', '+919000000001'],
    ['2nd', 'second'],
    ['5', 'five'],
    ['a$b', 'both'],
    ['क्‍ष', 'joined'],
    ['🦊', 'fox'],
  ])
  test.each([
    ['$lead-id', '42'],
    ['$lead-idx $lead-i', '42x LEAD-i'],
    ['$utm.source. And $utm.', 'ads. And .'],
    ['$order id, $order', 'o-1, '],
    ['$नाम!', 'Asha!'],
    ['$Caller-Caller-ID-Number', '+919000000001'],
    ['$2nd', 'second'],
    ['$a$b', 'both'],
    ['$a$lead', 'LEAD'],
    ['$क्‍ष', 'joined'],
    ['$🦊$🦝', 'fox$🦝'],
    ['$$lead-id', '$lead-id'],
  ])('%j is filled in as %j: the longest that is known', (template, text) => {
    expect(fillText(template, names)).toBe(text)
  })

  test.each([
    ['$पता.', '.'],
    ['<$grün>', '<>'],
    ['$имя-id', '-id'],
    ['$e\u0301te\u0301', ''],
    ['$x٣', ''],
    ['$5 and $10', '$5 and $10'],
    ['$- $.', '$- $.'],
  ])('%j, which is not known, is %j: blank as far as an identifier goes', (template, text) => {
    expect(fillText(template, names)).toBe(text)
  })

  test.each([
    ['${lead}-id', 'LEAD-id'],
    ['${lead}s and ${ lead-id }', 'LEADs and 42'],
    ['${leads}', ''],
    ['${order id}${nobody knows}', 'o-1'],
    ['${5}${2nd}', 'fivesecond'],
    ['$${lead}', '${lead}'],
    ['${} ${ } ${lead', '${} ${ } ${lead'],
    ['${a$b}', 'both'],
  ])('%j is filled in as %j: braces say where a name ends', (template, text) => {
    expect(fillText(template, names)).toBe(text)
  })

  test('keeps the type of its value where the template is nothing else', () => {
    expect(fillValue('$lead-id', names)).toBe(42)
    expect(fillValue('${lead-id}', names)).toBe(42)
    expect(fillValue('$lead-id ', names)).toBe('42 ')
  })

  test('is found whatever it is, by itself or in braces', () => {
    const anything = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    const reachable = anything.filter((name) => name === name.trim() && !/^[\p{Nd}${}]/u.test(name))
    fc.assert(
      fc.property(reachable, (name) => {
        const known = scopeOf([[name, 'value']])
        expect(fillText(`<$${name}`, known)).toBe('<value')
        if (!/[{}]/.test(name)) expect(fillText(`<\${${name}}x`, known)).toBe('<valuex')
      }),
    )
  })
})

describe('whatever the template', () => {
  const names = fc.stringMatching(/^[ab_]{1,6}$/)
  const scopes = fc
    .dictionary(names, fc.stringMatching(/^[0-9 ]{0,4}$/))
    .map((each) => new Map(Object.entries(each)))

  test('no `$name` is left as it is', () => {
    const templates = fc.string({ unit: fc.constantFrom('$', 'a', 'b', '_', '1', ' ', 'é') })
    fc.assert(
      fc.property(templates, scopes, (template, known) => {
        fc.pre(!template.includes('$$'))
        expect(fillText(template, scopeOf(known))).not.toMatch(/\$[A-Za-z_]/)
      }),
    )
  })

  test('text whose dollar signs are doubled comes back as it was', () => {
    const texts = fc.string({ unit: fc.constantFrom('$', 'a', '{', ' ', '\n', '🦊') })
    fc.assert(
      fc.property(texts, scopes, (text, known) => {
        expect(fillText(text.replaceAll('$', '$$$$'), scopeOf(known))).toBe(text)
      }),
    )
  })

  test('the longest known name is taken', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab_]{1,8}$/), scopes, (identifier, known) => {
        const fitting = [...known.keys()].filter((name) => identifier.startsWith(name))
        const longest = fitting.sort((a, b) => b.length - a.length)[0]
        const expected =
          longest === undefined ? '' : `${known.get(longest)}${identifier.slice(longest.length)}`
        expect(fillText(`<$${identifier}>`, scopeOf(known))).toBe(`<${expected}>`)
      }),
    )
  })
})

test('a text that comes to more than it may is not filled to its end, and is longer than that', () => {
  const tens: Scope = { has: () => true, get: () => 'x'.repeat(10), irregular: [] }
  expect(fillText('$a'.repeat(5), tens, 50)).toHaveLength(50)
  expect(fillText('$a'.repeat(1_000), tens, 49)).toHaveLength(50)
  expect(fillValue('$a', tens, 5), 'one value is what it is').toHaveLength(10)
})
