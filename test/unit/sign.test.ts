import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { renderRequest } from '../../src/delivery/render.ts'
import { standardHeaders } from '../../src/delivery/sign.ts'
import { newSecret } from '../../src/lib/secret.ts'
import { contextWith, eventWith, webhookWith } from '../support/sample-webhook.ts'

const NEW = newSecret(new Uint8Array(32).fill(7))
const OLD = newSecret(new Uint8Array(24).map((_, index) => 255 - index))
const now = (): number => Math.floor(Date.now() / 1000)

async function headersOf(
  more: Partial<Parameters<typeof standardHeaders>[0]> = {},
): Promise<Record<string, string>> {
  const context = contextWith(eventWith())
  return Object.fromEntries(
    standardHeaders({
      id: 'dlv_1',
      timestampS: now(),
      signed: '{"a":"é"}',
      secrets: [NEW, OLD],
      context,
      ...more,
    }),
  )
}

describe('the signature', () => {
  test('is verified by a Standard Webhooks client, with the new secret and with the old one', async () => {
    const headers = await headersOf()
    for (const secret of [NEW, OLD]) {
      expect(new Webhook(secret).verify('{"a":"é"}', headers)).toEqual({ a: 'é' })
    }
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/)
    const newest = await headersOf({ secrets: [NEW], timestampS: Number(headers['webhook-timestamp']) })
    expect(headers['webhook-signature']?.split(' ')[0]).toBe(newest['webhook-signature'])
  })

  test('covers the id, the time and the body', async () => {
    const headers = await headersOf()
    const refuses = (body: string, more: Record<string, string>): void =>
      expect(() => new Webhook(NEW).verify(body, { ...headers, ...more })).toThrow()
    refuses('{"a":"e"}', {})
    refuses('{"a":"é"}', { 'webhook-id': 'dlv_2' })
    // Of the time that was signed: the clock may have moved on since.
    refuses('{"a":"é"}', { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) })
    expect(() => new Webhook(newSecret(new Uint8Array(24))).verify('{"a":"é"}', headers)).toThrow()
  })

  test('covers for GET the query as a receiver gets it, that of the URL included', async () => {
    const context = contextWith(
      eventWith({ variables: { answered_agent_name: 'Asha & "Ravi"', beyond: 'आ' } }),
    )
    const webhook = webhookWith({ method: 'GET', url: "https://crm.example.com/h?token=a%2Fb&x&n='é'#top" })
    const request = renderRequest(webhook, context, 'Asia/Kolkata')
    if (!request.ok) throw new Error('cannot be rendered')
    const headers = await headersOf({ signed: request.signed, context })
    const query = new Request(request.url).url.split('?').slice(1).join('?')
    expect(query).toMatch(/^token=a%2Fb&x&n=/)
    // A query is not JSON, which the client would parse in the end.
    for (const secret of [NEW, OLD]) {
      expect(() => new Webhook(secret).verify(query, headers)).toThrow(SyntaxError)
      expect(() => new Webhook(secret).verify(query.slice(1), headers)).toThrow('No matching signature found')
    }
  })

  test('is the same for the same delivery', async () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const headers = await headersOf({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1614265330,
      signed: '{"test": 2432232314}',
      secrets: [secret],
    })
    // The example of the standard's own reference libraries.
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
  })
})

describe('the other headers', () => {
  test('say which event of which call it is, and which attempt', async () => {
    expect(await headersOf({ timestampS: 1628512124 })).toMatchObject({
      'webhook-id': 'dlv_1',
      'webhook-timestamp': '1628512124',
      'webhook-trigger': 'call_hangup_missed_or_answered',
      'webhook-call-id': '1628364922.6274679',
      'webhook-position': '3',
      'webhook-attempt': '2',
      'user-agent': expect.stringMatching(/./),
    })
  })

  test('say late only where it is', async () => {
    expect(await headersOf()).not.toHaveProperty('webhook-late')
    expect(await headersOf({ context: contextWith(eventWith(), { late: true }) })).toHaveProperty(
      'webhook-late',
      'true',
    )
  })

  test.each(['HYD1-D4-1790798403.486134', 'कॉल 1', '100%', 'a\r\nb: c', 'é'])(
    'carry the call id %j in what a header may hold',
    async (callId) => {
      const headers = await headersOf({ context: contextWith(eventWith({ call_id: callId })) })
      const carried = headers['webhook-call-id'] ?? ''
      expect(carried).toMatch(/^[\x21-\x7e]+$/)
      expect(decodeURIComponent(carried)).toBe(callId)
    },
  )
})

test('a secret holds all of its random bytes', () => {
  expect(newSecret(new Uint8Array([251, 255, 0, ...new Uint8Array(21)]))).toBe(`whsec_+/8A${'A'.repeat(28)}`)
})
