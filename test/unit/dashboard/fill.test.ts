import { describe, expect, test } from 'vitest'
import { shardsCheck } from '../../../dashboard/src/pages/operator/account-fields.ts'
import { bytesText, fullest, percentText, warningOf } from '../../../dashboard/src/pages/operator/fill.ts'

test.each([
  [0.6999, null],
  [0.7, 'filling'],
  [0.8999, 'filling'],
  [0.9, 'full'],
  [1.1, 'full'],
])('a shard of which a part of %d is used is warned of as %s', (share, warning) => {
  expect(warningOf(share)).toBe(warning)
})

test('the fullest shard is told of first, and none that has room or was not reached', () => {
  const shards = [0.72, null, 0.93, 0.5].map((share, shard) => ({ shard, share }))
  expect(fullest(shards)).toEqual([
    { shard: 2, share: 0.93, warning: 'full' },
    { shard: 0, share: 0.72, warning: 'filling' },
  ])
})

describe('in words', () => {
  test.each([
    [0, '0 bytes'],
    [98_304, '98 KB'],
    [420_000_000, '420 MB'],
    [1_842_000_000, '1.8 GB'],
    [9_960_000_000, '10 GB'],
    [10_000_000_000, '10 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text)
  })

  test.each([
    [0, '0 %'],
    [0.0001, '0 %'],
    [0.29, '29 %'],
    [0.6999, '69 %'],
    [0.7, '70 %'],
    [0.9999, '99 %'],
    [1, '100 %'],
  ])('a part of %d is %s', (share, text) => {
    expect(percentText(share)).toBe(text)
  })
})

test('an account is made with 1 to 256 shards', () => {
  for (const fine of [1, 4, 256]) expect([fine, shardsCheck(fine)]).toEqual([fine, null])
  for (const wrong of ['', 0, 257, 1.5, '4x'])
    expect([wrong, shardsCheck(wrong)]).toEqual([wrong, expect.stringContaining('1 to 256')])
})
