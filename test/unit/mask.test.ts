import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskSecrets } from '../../src/delivery/mask.ts'
import { literalsOf } from '../../src/delivery/template.ts'

const masked = (text: string, secrets: readonly string[], cut = false): string =>
  maskSecrets({ text, cut }, secrets)

describe('an answer that echoes what the webhook sent', () => {
  test.each([
    ['as it is', 'got Bearer s3cret/t0ken&"x"', 'got ••••'],
    ['without its scheme', 'bad token: s3cret/t0ken&"x"!', 'bad token: ••••!'],
    ['as JSON', JSON.stringify({ got: 's3cret/t0ken&"x"' }), '{"got":"••••"}'],
    ['as JSON with escaped slashes', '{"got":"s3cret\\/t0ken&\\"x\\""}', '{"got":"••••"}'],
    ['as a form', 'a=s3cret%2Ft0ken%26%22x%22&b=1', 'a=••••&b=1'],
    ['as a form, with its scheme', 'a=Bearer+s3cret%2Ft0ken%26%22x%22', 'a=••••'],
    ['in HTML', '<p>s3cret/t0ken&amp;&quot;x&quot;</p>', '<p>••••</p>'],
    ['twice', 's3cret/t0ken&"x" s3cret/t0ken&"x"', '•••• ••••'],
  ])('is logged without it: %s', (_how, answer, logged) => {
    expect(masked(answer, ['Bearer s3cret/t0ken&"x"'])).toBe(logged)
  })

  test('is logged without what is beyond ASCII, read as it should be or byte by byte', () => {
    const secret = 'clé-s3crète'
    const asNodeReadsIt = Buffer.from(secret).toString('latin1')
    expect(masked(`${secret} ${asNodeReadsIt} ${encodeURIComponent(asNodeReadsIt)}`, [secret])).toBe(
      '•••• •••• ••••',
    )
  })

  test('is logged as it came where it holds no secret, or only a word too short to be one', () => {
    expect(masked('Bearer tokens are on', ['Bearer abcdef', 'on', ''])).toBe('Bearer tokens are on')
  })

  test('is logged without the first part of a secret where it was cut off inside it', () => {
    expect(masked('got s3cret', ['s3cret-t0ken'], true)).toBe('got ••••')
    expect(masked('got s3cret', ['s3cret-t0ken'], false)).toBe('got s3cret')
    expect(masked('{"a":"s3cret\\/t0', ['s3cret/t0ken'], true)).toBe('{"a":"••••')
    expect(masked('all is well', ['s3cret-t0ken'], true)).toBe('all is well')
  })

  test('shows no secret, whatever the secret and the spelling', () => {
    const secret = fc
      .string({ unit: 'binary', minLength: 6, maxLength: 40 })
      .filter((text) => !/^\s|\s$/.test(text))
    const spell = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => JSON.stringify(text),
      (text) => encodeURIComponent(text.toWellFormed()),
    )
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 5 }), spell, (secrets, how) => {
        const answer = secrets.map((each) => `<${how(each.toWellFormed())}>`).join('')
        const logged = masked(answer, secrets)
        for (const each of secrets)
          expect(logged).not.toContain(how(each.toWellFormed()).replaceAll(/^"|"$/g, ''))
      }),
    )
  })
})

test('what a header value says by itself is what stands between its variables', () => {
  const known = new Map([['uuid', 'u-1']])
  const scope = { has: known.has.bind(known), get: known.get.bind(known), irregular: [] }
  expect(literalsOf('Bearer k-$uuid', scope)).toEqual(['Bearer k-', ''])
  expect(literalsOf('$uuidSECRET$$5', scope)).toEqual(['', 'SECRET$5'])
  expect(literalsOf('no variable', scope)).toEqual(['no variable'])
  expect(literalsOf('$uuid', scope)).toEqual(['', ''])
  expect(literalsOf('${uuid}-k', { ...scope, irregular: ['lead-id'] })).toEqual(['', '-k'])
})
