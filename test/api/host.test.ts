import { createExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { app } from '../../src/api/app.ts'
import { env } from '../support/relay.ts'

/** As the platform hands over what came with this header `Host`: it does not look at it. */
function requestOf(host: string, path: string, body?: object): Request {
  const request = new Request(`http://relay.test${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  Object.defineProperty(request, 'url', { value: `http://${host}${path}` })
  return request
}

describe('a host that is none', () => {
  test.each(['[::1', 'a b', 'relay.test:99999'])('%j is told so, and is no failure of ours', async (host) => {
    for (const request of [requestOf(host, '/v1/session', { key: 'x' }), requestOf(host, '/docs')]) {
      const answer = await app.fetch(request, env, createExecutionContext())
      expect([request.url, answer.status]).toEqual([request.url, 422])
      expect(await answer.json()).toMatchObject({ code: 'invalid', errors: [{ path: 'Host' }] })
    }
  })
})
