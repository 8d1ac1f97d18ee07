import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { accentOf, colourOf, contrast } from '../../../dashboard/src/embed/accent.ts'

const colours = fc.integer({ min: 0, max: 0xffffff }).map((bits) => `#${bits.toString(16).padStart(6, '0')}`)

test('whatever colour a panel has, all that is written on it and with it has AA contrast', () => {
  fc.assert(
    fc.property(colours, (colour) => {
      const { light, dark, shades } = accentOf(colour)
      for (const { fill, hover } of [light, dark]) {
        expect(contrast('#ffffff', fill)).toBeGreaterThanOrEqual(4.5)
        expect(contrast('#ffffff', hover)).toBeGreaterThanOrEqual(4.5)
      }
      for (const page of ['#ffffff', '#f7f8fa', '#edf0f3'])
        expect(contrast(light.text, page)).toBeGreaterThanOrEqual(4.5)
      for (const page of ['#14181d', '#1a1f26', '#282e37'])
        expect(contrast(dark.text, page)).toBeGreaterThanOrEqual(4.5)
      expect(contrast(dark.fill, '#14181d')).toBeGreaterThanOrEqual(3)
      for (const shade of shades) expect(colourOf(shade)).toBe(shade)
    }),
    { numRuns: 500 },
  )
})

test('a colour that can be read stays what it is; one that cannot becomes darker, of the same kind', () => {
  expect(accentOf('#0f766e').light).toMatchObject({ fill: '#0f766e' })
  expect(accentOf('#ffd400').light.fill).toMatch(/^#[6-9a-f].[5-9a-f].00$/)
})

test('a colour is three or six hexadecimal digits, and nothing else is one', () => {
  expect(['#0F766E', '0f766e', '#07e', '07e'].map(colourOf)).toEqual([
    '#0f766e',
    '#0f766e',
    '#0077ee',
    '#0077ee',
  ])
  for (const text of ['', '#', 'red', '#12345', '#1234567', 'url(x)', '#fff;}', ' #fff', '#ggg', null])
    expect([text, colourOf(text)]).toEqual([text, null])
})

test('contrast is that of WCAG', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})
