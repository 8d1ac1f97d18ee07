import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson, type Json } from '../../src/lib/json.ts'
import { fillText, fillValue } from '../../src/delivery/template.ts'

const scope = new Map<string, Json>([
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
    ['${billsec}', '${billsec}'],
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
        new Map([
          ['name', '$secret'],
          ['secret', 'leak'],
        ]),
      ),
    ).toBe('$secret')
    expect(fillText('$name', new Map([['name', '$& $1 $`']]))).toBe('$& $1 $`')
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
        expect(fillText(template, known)).not.toMatch(/\$[A-Za-z_]/)
      }),
    )
  })

  test('text whose dollar signs are doubled comes back as it was', () => {
    const texts = fc.string({ unit: fc.constantFrom('$', 'a', '{', ' ', '\n', '🦊') })
    fc.assert(
      fc.property(texts, scopes, (text, known) => {
        expect(fillText(text.replaceAll('$', '$$$$'), known)).toBe(text)
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
        expect(fillText(`<$${identifier}>`, known)).toBe(`<${expected}>`)
      }),
    )
  })
})
