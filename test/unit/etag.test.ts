import { describe, expect, test } from 'vitest'
import { mayChange, readTags, tagOf } from '../../src/api/http/etag.ts'

describe('a list of tags is read as RFC 9110 has it', () => {
  test.each([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', ['"a"']],
    ['W/"a"', ['W/"a"']],
    ['"a", W/"b" ,"c"', ['"a"', 'W/"b"', '"c"']],
    [', ,"a",, "b" , ', ['"a"', '"b"']],
    ['"a,b", "W/"', ['"a,b"', '"W/"']],
    ['""', ['""']],
  ])('%s', (text, tags) => {
    expect(readTags(text)).toEqual(tags)
  })

  test.each([
    '',
    ' ',
    ',',
    'a',
    '"a',
    'a"',
    '"a" "b"',
    'w/"a"',
    'W/a',
    '*, "a"',
    '"a", *',
    '"a b"',
    '"a", b',
  ])('and %j is none', (text) => {
    expect(readTags(text)).toBeNull()
  })

  test('however long it is', () => {
    expect(readTags(`"a"${' ,'.repeat(100_000)}x`)).toBeNull()
    expect(readTags(`${', '.repeat(100_000)}"a"`)).toEqual(['"a"'])
  })
})

describe('a change may be made', () => {
  const asked = (ifMatch: string | null, ifNoneMatch: string | null = null) => ({
    ifMatch: ifMatch === null ? null : readTags(ifMatch),
    ifNoneMatch: ifNoneMatch === null ? null : readTags(ifNoneMatch),
  })

  test.each([
    ['of whatever is there, if nobody says more', asked(null), '"a"', true],
    ['of the version that is named', asked('"a"'), '"a"', true],
    ['of one of those that are named', asked('"b", "a"'), '"a"', true],
    ['of no other', asked('"b"'), '"a"', false],
    ['of none by a weak tag', asked('W/"a"'), '"a"', false],
    ['of any that is there', asked('*'), '"a"', true],
    ['but not where nothing is', asked('*'), null, false],
    ['nor of a version of nothing', asked('"a"'), null, false],
    ['where nothing is, if only then', asked(null, '*'), null, true],
    ['and not where something is', asked(null, '*'), '"a"', false],
    ['of what is none of those that are named', asked(null, '"b"'), '"a"', true],
    ['and not of one of them, by a weak tag too', asked(null, 'W/"a"'), '"a"', false],
    ['if both say so', asked('"a"', '"a"'), '"a"', false],
  ])('%s', (_what, preconditions, etag, may) => {
    expect(mayChange(preconditions, etag)).toBe(may)
  })
})

test('a tag is the same whatever the order of the fields, and another for anything else', () => {
  expect(tagOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(tagOf({ b: [{ d: 3, c: 2 }], a: 1 }))
  expect(tagOf({ a: 1 })).not.toBe(tagOf({ a: '1' }))
  expect(tagOf([1, 2])).not.toBe(tagOf([2, 1]))
  expect(readTags(tagOf('x'))).toEqual([tagOf('x')])
})
