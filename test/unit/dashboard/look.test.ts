import { expect, test } from 'vitest'
import { lookOf } from '../../../dashboard/src/embed/look.ts'

test('a panel says in the query how its frame looks', () => {
  const search = new URLSearchParams({
    accent: '#0f766e',
    theme: 'dark',
    name: ' Asha Telecom ',
    logo: 'https://panel.example.com/logo.svg',
  })
  expect(lookOf(`?${search.toString()}`)).toEqual({
    accent: '#0f766e',
    theme: 'dark',
    name: 'Asha Telecom',
    logo: 'https://panel.example.com/logo.svg',
  })
})

test('what cannot be read is as if it were not there', () => {
  const none = { accent: null, theme: null, name: null, logo: null }
  expect(lookOf('')).toEqual(none)
  expect(lookOf('?accent=red&theme=blue&name=%20&logo=javascript:alert(1)')).toEqual(none)
  expect(lookOf('?logo=/logo.svg&theme=')).toEqual(none)
  expect(lookOf(`?name=${'x'.repeat(500)}`).name).toHaveLength(60)
})
