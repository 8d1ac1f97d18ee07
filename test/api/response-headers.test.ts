import { describe, expect, test } from 'vitest'
import { app } from '../../src/api/app.ts'
import { newTenant, raw } from '../support/control.ts'
import { ADMIN_KEY, env } from '../support/relay.ts'

/** What every answer has, a page or not, whatever its status. */
const EVERY = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': expect.stringContaining('camera=()'),
  'strict-transport-security': expect.stringMatching(/^max-age=\d{8}/),
  'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
}

/** A policy's directives by name. */
function directives(policy: string): Map<string, string[]> {
  return new Map(
    policy.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(/\s+/)
      return [name, sources]
    }),
  )
}

/** An answer of each kind: success, page, redirect, and every kind of refusal. */
async function answers(): Promise<[string, Response][]> {
  const { ingest, read } = await newTenant()
  const large = JSON.stringify({ name: 'x'.repeat(70_000) })
  const json = { 'content-type': 'application/json' }
  const asked: [string, Promise<Response>][] = [
    ['health', raw('GET', '/health', { key: null })],
    ['document', raw('GET', '/openapi.json', { key: null })],
    ['style', raw('GET', '/docs/style.css', { key: null })],
    ['reference', raw('GET', '/docs', { key: null })],
    ['redirect', raw('GET', '/', { key: null })],
    ['no such page', raw('GET', '/nothing', { key: null })],
    ['no such method', raw('PATCH', '/docs', { key: null })],
    ['list', raw('GET', '/v1/accounts')],
    ['created', raw('POST', '/v1/accounts', { body: '{"name":"x"}', headers: json })],
    ['malformed', raw('POST', '/v1/accounts', { body: '{', headers: json })],
    ['no key', raw('GET', '/v1/accounts', { key: null })],
    ['wrong scope', raw('GET', '/v1/accounts', { key: read })],
    ['no such object', raw('GET', '/v1/webhooks/wh_none')],
    ['too large', raw('POST', '/v1/accounts', { body: large, headers: json })],
    ['no JSON', raw('POST', '/v1/accounts', { body: 'x' })],
    ['faults', raw('POST', '/v1/events', { key: ingest, body: '{}', headers: json })],
  ]
  return Promise.all(asked.map(async ([what, answer]): Promise<[string, Response]> => [what, await answer]))
}

describe('every answer', () => {
  test('has the security headers, and a policy that lets nothing in but what it names', async () => {
    for (const [what, answer] of await answers()) {
      const headers = Object.fromEntries(answer.headers)
      expect([what, headers]).toEqual([what, expect.objectContaining(EVERY)])
      const policy = directives(headers['content-security-policy'] ?? '')
      for (const name of ['default-src', 'base-uri', 'frame-ancestors']) {
        expect([what, name, policy.get(name)]).toEqual([what, name, ["'none'"]])
      }
      expect([what, policy.has('form-action')]).toEqual([what, true])
      // Nothing inline, nothing evaluated, no other host, no wildcard.
      const sources = [...policy.values()].flat().filter((source) => source !== "'none'")
      for (const source of sources) expect([what, source]).toEqual([what, expect.stringMatching(SOURCE)])
    }
  })

  test('of the API is kept by no cache', async () => {
    const { manage } = await newTenant()
    for (const [path, key] of [
      ['/v1/accounts', ADMIN_KEY],
      ['/v1/webhooks', manage],
      ['/v1/nothing', manage],
      ['/v1/webhooks', 'rk_unknown'],
    ] as const) {
      const answer = await raw('GET', path, { key })
      expect([path, answer.headers.get('cache-control')]).toEqual([path, 'no-store'])
    }
  })

  test('leaves HSTS out where it is over plain http', async () => {
    const answer = await app.request('http://127.0.0.1:8787/health', {}, env)
    expect(answer.status).toBe(200)
    expect(answer.headers.has('strict-transport-security')).toBe(false)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

/** A source that a policy may name: this host, data URLs for pictures, or a script by its nonce or hash. */
const SOURCE = /^('self'|data:|'(nonce|sha256|sha384|sha512)-[\w+/=-]+')$/
