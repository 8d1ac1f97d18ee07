import { describe, expect, test } from 'vitest'
import { soughtBy } from '../../../dashboard/src/find/sought.ts'

const DELIVERY = 'dlv_01M8GHDAWK0000000000000001481CSMP8678AZY1E1AAAAAAAAA'.slice(0, 56)

describe('what is looked for', () => {
  test('is a delivery by its id, in whatever case and with space around it', () => {
    expect(DELIVERY).toHaveLength(56)
    expect(soughtBy(` ${DELIVERY.toLowerCase()}\n`)).toEqual({ kind: 'delivery', id: DELIVERY })
  })

  test('is a number if it is written as one', () => {
    for (const number of [
      '+918069010148',
      '00918069010148',
      '080 6901 0148',
      '(080) 6901-0148',
      'sip:8069010148@10.0.0.1',
      '"Main" <sip:8069010148@10.0.0.1>',
      'tel:+91-80-6901-0148;ext=12',
      '\u202A+91 80690 10148\u202C',
      '+91 8069010148 x12',
    ])
      expect(soughtBy(number), number).toEqual({ kind: 'number', number })
  })

  test('may be a number or a call if it is digits', () => {
    for (const text of ['8069010148', '010148', '1628364922.6274679', '080-6901-0148'])
      expect(soughtBy(text), text).toEqual({ kind: 'call_or_number', text })
  })

  test('is a call by its id else', () => {
    for (const id of [
      '10148',
      'call-8069010148',
      '3f2a1b9e-5a0c-4b1e-9d55-0f6c7d8e9a01',
      '..',
      'dlv_short',
      '123456789012345678901',
    ])
      expect(soughtBy(id), id).toEqual({ kind: 'call', id })
  })

  test('is nothing if there is nothing', () => {
    expect(soughtBy('  \n')).toEqual({ kind: 'nothing' })
  })
})
