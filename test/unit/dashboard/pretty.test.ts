import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { prettyOf } from '../../../dashboard/src/ui/pretty.ts'

test('JSON has its indents', () => {
  fc.assert(
    fc.property(
      fc.json().filter((text) => /^[[{]/.test(text)),
      (text) => {
        expect(prettyOf(text, 'application/json')).toBe(JSON.stringify(JSON.parse(text), null, 2))
      },
    ),
  )
})

test('JSON keeps the digits of its numbers and each of its keys', () => {
  expect(prettyOf('{"a":12345678901234567890,"a":1.0, "__proto__": {}}', undefined)).toBe(
    '{\n  "a": 12345678901234567890,\n  "a": 1.0,\n  "__proto__": {}\n}',
  )
})

test('a form has a field a line, and any other text is left alone', () => {
  expect(prettyOf('a=1&b=x+y%26', 'application/x-www-form-urlencoded')).toBe('a = 1\nb = x y&')
  expect(prettyOf('not JSON', 'application/json')).toBeNull()
  expect(prettyOf('3', 'application/json')).toBeNull()
})
