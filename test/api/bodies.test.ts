import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { nestsDeeperThan } from '../../src/lib/json.ts'
import { newTenant, PLAIN, raw, type ProblemBody } from '../support/control.ts'
import { env, event, until } from '../support/relay.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

let tenant: Awaited<ReturnType<typeof newTenant>>
/** One route of each kind of reader: events, a batch of them, a checked body, an unchecked one, one that keeps digits. */
let routes: [path: string, key: string, bodyWith: (part: string) => string][]
beforeAll(async () => {
  tenant = await newTenant()
  const inEvent = (part: string) =>
    JSON.stringify(event(tenant.account, 'deep', { variables: { a: 0 } })).replace('"a":0', `"a":${part}`)
  routes = [
    ['/v1/events', tenant.ingest, inEvent],
    ['/v1/events/batch', tenant.ingest, (part) => `{"events":[${inEvent(part)}]}`],
    [`/v1/webhooks`, tenant.manage, (part) => `{"name":${part}}`],
    [`/v1/webhooks/preview`, tenant.manage, (part) => `{"webhook":"wh_none","event":{"variables":${part}}}`],
    [`/v1/webhooks/wh_none/test`, tenant.manage, (part) => `{"trigger":${part}}`],
  ]
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const objects = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)

describe('a body', () => {
  test('that nests deep is refused as such on every route, and never a failure of ours', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const [path, key, bodyWith] of routes) {
      for (const part of [arrays(30_000), objects(10_000), '['.repeat(30_000), arrays(101), objects(5_000)]) {
        const answer = await raw('POST', path, { key, body: bodyWith(part), headers: JSON_TYPE })
        const { code, errors } = await answer.json<ProblemBody>()
        expect([path, answer.status, code]).toEqual([path, 422, 'invalid'])
        expect(errors).toEqual([{ path: '', message: 'must not nest deeper than 100' }])
      }
    }
    expect(log.mock.calls).toEqual([])
  })

  test('that nests less is judged by what it holds', async () => {
    for (const [path, key, bodyWith] of routes) {
      for (const part of [arrays(90), objects(90)]) {
        const answer = await raw('POST', path, { key, body: bodyWith(part), headers: JSON_TYPE })
        const text = await answer.text()
        expect([path, answer.status < 500, text.includes('must not nest deeper than 100')]).toEqual([
          path,
          true,
          false,
        ])
      }
    }
  })

  test('with brackets in its texts nests no deeper for them', () => {
    const texts = ['['.repeat(200), `\\"${'['.repeat(200)}`, `\\\\`, '{"'.repeat(200)]
    expect(nestsDeeperThan(2, JSON.stringify({ texts }))).toBe(false)
    expect(nestsDeeperThan(1, JSON.stringify({ texts }))).toBe(true)
    expect(nestsDeeperThan(2, arrays(2).repeat(500))).toBe(false)
    expect(nestsDeeperThan(2, '"\\\\"[[[')).toBe(true)
  })

  test('that says it is compressed is 415 on every route, and is not decompressed', async () => {
    for (const [path, key] of routes) {
      for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, identity']) {
        const plain = new Blob([JSON.stringify(PLAIN)]).stream()
        const body = plain.pipeThrough(new CompressionStream('gzip'))
        const headers = { ...JSON_TYPE, 'content-encoding': encoding }
        const answer = await raw('POST', path, { key, body, headers })
        const { code, detail } = await answer.json<ProblemBody & { detail: string }>()
        expect([path, answer.status, code]).toEqual([path, 415, 'unsupported_media_type'])
        expect(detail).toMatch(/content-encoding/i)
      }
    }
    const identity = { ...JSON_TYPE, 'content-encoding': 'identity' }
    expect(
      (await raw('POST', '/v1/webhooks', { key: tenant.manage, body: '{}', headers: identity })).status,
    ).toBe(422)
  })

  test('that never ends is stopped at its bound in bytes, on every route', async () => {
    for (const [path, key] of routes) {
      let sent = 0
      const body = new ReadableStream({
        pull(controller) {
          sent += 1024 * 1024
          controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20))
        },
      })
      const answer = await raw('POST', path, { key, body, headers: JSON_TYPE })
      expect([path, answer.status]).toEqual([path, 413])
      expect(sent).toBeLessThan(40 * 1024 * 1024)
    }
  })

  test('that does not arrive is given up after a minute, on every route', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    for (const [path, key] of routes) {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode('{"name": "and then')),
      })
      const headers = { ...JSON_TYPE, authorization: `Bearer ${key}` }
      let answer: Response | null = null
      // In the test's own context, where its clock is: with another one's the relay's timers would be out of reach.
      const asked = Promise.resolve(app.request(path, { method: 'POST', headers, body }, env))
      void asked.then((got) => (answer = got))
      await until('the body is waited for', () => vi.getTimerCount() > 0)
      await vi.advanceTimersByTimeAsync(59_999)
      expect(answer).toBeNull()
      await vi.advanceTimersByTimeAsync(1)
      const given = await asked
      expect([path, given.status]).toEqual([path, 400])
      expect(await given.json()).toMatchObject({
        code: 'malformed_json',
        detail: expect.stringMatching(/60 s/),
      })
    }
  })
})
