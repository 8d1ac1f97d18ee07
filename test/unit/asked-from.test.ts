import { describe, expect, test } from 'vitest'
import { askedFrom, mayBeForged } from '../../src/api/auth/asked-from.ts'

const OWN = 'https://relay.test'
type Given = Record<string, string>

describe('whose page has a browser ask', () => {
  test.each<[Given, string]>([
    [{ 'sec-fetch-site': 'same-origin' }, 'own_page'],
    [{ 'sec-fetch-site': 'same-site' }, 'elsewhere'],
    [{ 'sec-fetch-site': 'cross-site' }, 'elsewhere'],
    [{ 'sec-fetch-site': 'none' }, 'elsewhere'],
    [{ 'sec-fetch-site': 'Same-Origin' }, 'elsewhere'],
    [{ origin: OWN }, 'own_page'],
    [{ origin: 'http://relay.test' }, 'elsewhere'],
    [{ origin: 'https://relay.test:8443' }, 'elsewhere'],
    [{ origin: 'null' }, 'elsewhere'],
    [{}, 'unknown'],
    // Behind a proxy that changes the host, the browser knows better.
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://panel.test' }, 'own_page'],
    // Redirected by another site.
    [{ 'sec-fetch-site': 'cross-site', origin: OWN }, 'elsewhere'],
  ])('of %j is %s', (headers, from) => {
    expect(askedFrom(new Headers(headers), OWN)).toBe(from)
  })
})

test('any method that may change something has to come from our own page', () => {
  const forged = (method: string, headers: Given) => mayBeForged(method, new Headers(headers), OWN)
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    expect([method, forged(method, {})]).toEqual([method, false])
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'get', 'PURGE']) {
    expect([method, forged(method, {})]).toEqual([method, true])
    expect([method, forged(method, { 'sec-fetch-site': 'same-origin' })]).toEqual([method, false])
  }
})
