import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linesText, parseLines, replacementOf } from '../../../dashboard/src/pages/operator/number-lines.ts'

describe('lines of numbers', () => {
  test('are a number, and a label behind the first comma, semicolon or tab', () => {
    const text = '+918069010148, Main line\n080 6901 0149;Sales, Pune\r\n\n1800\tHelp\n  +14155550100  \n'
    expect(parseLines(text)).toEqual([
      { number: '+918069010148', label: 'Main line' },
      { number: '080 6901 0149', label: 'Sales, Pune' },
      { number: '1800', label: 'Help' },
      { number: '+14155550100', label: '' },
    ])
  })

  test('may be quoted, as sheets do', () => {
    expect(parseLines('"+918069010148","Sales, ""North"""')).toEqual([
      { number: '+918069010148', label: 'Sales, "North"' },
    ])
  })

  test('are read as the same again, whatever the labels are', () => {
    const number = fc.stringMatching(/^\+?[0-9]{3,15}$/)
    const label = fc.stringMatching(/^[ -~]{0,20}$/).map((text) => text.trim())
    fc.assert(
      fc.property(fc.array(fc.record({ number, label })), (lines) => {
        expect(parseLines(linesText(lines))).toEqual(lines)
      }),
    )
  })
})

describe('before a list takes the place of another', () => {
  const current = [
    { number: '+918069010148', label: 'Main' },
    { number: '+918069010149', label: 'Sales' },
    { number: '1800', label: '' },
  ]

  test('nothing is said of the same, in any order and spelling', () => {
    const next = [
      { number: '1800', label: '' },
      { number: '080 6901 0149', label: 'Sales' },
      { number: '918069010148', label: 'Main' },
    ]
    expect(replacementOf(current, next)).toEqual({ goes: [], comes: [], renamed: [] })
  })

  test('what goes, what comes and what has another label is said', () => {
    const next = [
      { number: '+918069010148', label: 'Main line' },
      { number: '+918069010150', label: 'New' },
      { number: '1800', label: '' },
    ]
    expect(replacementOf(current, next)).toEqual({
      goes: [{ number: '+918069010149', label: 'Sales' }],
      comes: [{ number: '+918069010150', label: 'New' }],
      renamed: [{ number: '+918069010148', before: 'Main', after: 'Main line' }],
    })
  })

  test('an extension is not the number that ends with it', () => {
    expect(replacementOf([{ number: '+918069011800', label: '' }], [{ number: '1800', label: '' }])).toEqual({
      goes: [{ number: '+918069011800', label: '' }],
      comes: [{ number: '1800', label: '' }],
      renamed: [],
    })
  })
})
