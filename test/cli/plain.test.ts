import { expect, test } from 'vitest'
import { cut, plain, wrapped } from '../../scripts/cli/plain.ts'

test('what customers and receivers write moves no cursor and colours nothing', () => {
  expect(plain('a\u001b[2Jb\rc\nd\u009b31me\u007f')).toBe('a�[2Jb�c�d�31me�')
  expect(plain('abc\u202edef')).toBe('abc�def')
})

test('text is cut by what readers take for characters', () => {
  expect(cut('billing', 7)).toBe('billing')
  expect(cut('billings', 7)).toBe('billin…')
  expect(cut('हिन्दी', 20)).toBe('हिन्दी')
})

test('text is wrapped between words, and a word that is too long is broken', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapped('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
  expect(wrapped('ab abcdefgh', 4)).toEqual(['ab', 'abcd', 'efgh'])
  expect(wrapped('', 4)).toEqual([''])
})
