/** What a `$` offers at the cursor, by the rules of the relay's templates. */
import { describe, expect, test } from 'vitest'
import { complete, completionAt, matching } from '../../../dashboard/src/pages/webhook-form/completion.ts'
import { indentJson, pairsOfForm } from '../../../dashboard/src/ui/pretty.ts'
import { fillText } from '../../../src/delivery/template.ts'

const KNOWN = ['uuid', 'answered_agent', 'answered_agent_name']

/** `|` is the cursor. */
function at(marked: string) {
  const cursor = marked.indexOf('|')
  const text = marked.replace('|', '')
  const found = completionAt(text, cursor, KNOWN)
  return found === null ? null : { found, text }
}

/** The text with a name taken, and the cursor in it. */
function taken(marked: string, name: string): string | null {
  const here = at(marked)
  if (here === null) return null
  const { text, cursor } = complete(here.text, here.found, name)
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`
}

describe('where the cursor stands', () => {
  test.each([
    ['$|', ''],
    ['Agent: $ans|', 'ans'],
    ['$uuid and $an|', 'an'],
    ['${ans|', 'ans'],
    ['${ans|}', 'ans'],
    ['$$$u|', 'u'],
  ])('%s asks for “%s”', (marked, query) => {
    expect(at(marked)?.found.query).toBe(query)
  })

  test.each(['|', 'plain|', '|$uuid', '$$|', '$$uuid|', '$uuid |', '$5|', '${uuid}|', 'a $-|'])(
    '%s asks for nothing',
    (marked) => {
      expect(at(marked)).toBeNull()
    },
  )
})

describe('a name that is taken', () => {
  test.each([
    ['Agent: $ans|', 'Agent: $answered_agent|'],
    ['$|text', '${answered_agent}|text'],
    ['$|, and more', '$answered_agent|, and more'],
    ['${a|} x', '${answered_agent}| x'],
    ['${a|', '${answered_agent}|'],
  ])('in %s makes %s', (marked, after) => {
    expect(taken(marked, 'answered_agent')).toBe(after)
  })

  test('replaces the whole of one that the cursor is in', () => {
    expect(taken('$answered_|agent_name!', 'uuid')).toBe('$uuid|!')
  })

  test('is what the relay then reads', () => {
    const text = taken('$|_x', 'uuid')?.replace('|', '') ?? ''
    const values = new Map([
      ['uuid', '7'],
      ['uuid_x', 'another'],
    ])
    expect(fillText(text, { has: (n) => values.has(n), get: (n) => values.get(n), irregular: [] })).toBe(
      '7_x',
    )
  })

  test('that begins with what is written comes before one that holds it', () => {
    const names = KNOWN.map((name) => ({ name }))
    expect(matching(names, 'AGENT').map(({ name }) => name)).toEqual([
      'answered_agent',
      'answered_agent_name',
    ])
    expect(matching([{ name: 'my_uuid' }, ...names], 'uu')[0]).toEqual({ name: 'uuid' })
  })
})

describe('a request for people', () => {
  test('is the same JSON, with each digit of its numbers', () => {
    const text = '{"a":[],"b":{"c":12345678901234567890,"d":[1,{"x":"a,{\\"b"}]},"e":{},"f":1.50}'
    const readable = indentJson(text)
    expect(readable.replaceAll(/\n */g, '').replaceAll('": ', '":')).toBe(text)
    expect(readable.split('\n').slice(0, 4)).toEqual([
      '{',
      '  "a": [],',
      '  "b": {',
      '    "c": 12345678901234567890,',
    ])
  })

  test('has the pairs of a form decoded', () => {
    expect(pairsOfForm('a%5Bb%5D=1+2&c=')).toEqual([
      { key: 'a[b]', value: '1 2' },
      { key: 'c', value: '' },
    ])
  })
})
