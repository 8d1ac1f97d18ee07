import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { hostileId, hostileText, withoutControls } from '../support/hostile.ts'
import { Receiver, type Received } from './receiver.ts'
import { ADMIN_KEY, client, RelayProcess, stateDir, until } from './relay-process.ts'

const EVENTS = 200
const SEED = 20_260
const FORM = 'application/x-www-form-urlencoded'
const SHAPES: Record<string, object> = {
  json: {},
  form: { content_type: FORM },
  brackets: { content_type: FORM, nested_form: 'brackets' },
  get: { method: 'GET' },
}

let receiver: Receiver | undefined
afterAll(() => receiver?.stop())

/** A header as it was meant: Node reads each byte of its UTF-8 as a character. */
const asUtf8 = (value: string | undefined): string => Buffer.from(value ?? '', 'latin1').toString()

/** The parameter and the count of fields that a receiver reads from a request of the shape. */
function read(shape: string, got: Received): { whole: string | null; fields: number } {
  if (shape === 'json') {
    // Safe: what is not such an object fails where it is compared.
    const body = JSON.parse(got.body) as Record<string, string>
    return { whole: body['whole']?.toWellFormed() ?? null, fields: Object.keys(body).length }
  }
  const form = new URLSearchParams(shape === 'get' ? got.query : got.body)
  return { whole: form.get('whole'), fields: [...form.keys()].length }
}

test('a real receiver reads just the headers and fields that it should, whatever an event holds', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path, { RETRY_SCHEDULE: '' })
  const admin = client(relay.url, ADMIN_KEY)
  receiver = await Receiver.start()
  const account = (await admin<{ id: string }>('POST', '/v1/accounts', { name: 'Injection' })).body.id
  const common = {
    triggers: ['dtmf_option'],
    body: 'parameters',
    parameters: [
      { key: 'whole', value: '$hostile' },
      { key: 'part', value: '<$hostile>' },
    ],
  }
  const webhooks: Record<string, string> = {}
  for (const [name, shape] of Object.entries({
    ...SHAPES,
    header: {
      headers: [
        { key: 'X-First', value: '$hostile' },
        { key: 'X-Last', value: 'k-$hostile' },
      ],
    },
  })) {
    const config = { name, url: `${receiver.url}/${name}?own=1`, ...common, ...shape }
    const created = await admin<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, config)
    expect(created.status).toBe(201)
    webhooks[name] = created.body.id
  }

  const texts = fc.sample(hostileText, { numRuns: EVENTS, seed: SEED })
  const ids = fc.sample(hostileId, { numRuns: EVENTS, seed: SEED + 1 })
  const events = texts.map((text, index) => ({
    account_id: account,
    id: `event-${index}`,
    trigger: 'dtmf_option',
    call_id: `${index} ${ids[index] ?? ''}`,
    call_type: 'inbound',
    variables: { hostile: text, index },
  }))
  const posted = await admin<{ data: { status: number }[] }>('POST', '/v1/events/batch', { events })
  expect(posted.body.data.filter(({ status }) => status !== 202)).toEqual([])

  const shapes = Object.keys(webhooks)
  const expected = EVENTS * shapes.length
  await until('everything has arrived', () => (receiver?.received.length ?? 0) >= expected)
  for (const [name, webhook] of Object.entries(webhooks)) {
    await until(`everything has ended at ${name}`, async () => {
      const path = `/v1/webhooks/${webhook}/deliveries?limit=250`
      const { data } = (await admin<{ data: { status: string }[] }>('GET', path)).body
      return data.length === EVENTS && data.every(({ status }) => status === 'succeeded')
    })
  }

  const { received } = receiver
  expect(received).toHaveLength(expected)
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'webhook-trigger', 'webhook-call-id']
  const always = [...names, 'webhook-position', 'webhook-attempt', 'user-agent', 'host']
  // What the connection, the platform and `cache: 'no-store'` add.
  const framing = [
    'content-length',
    'transfer-encoding',
    'connection',
    'accept-encoding',
    'cache-control',
    'pragma',
    'cf-worker',
  ]
  for (const event of events) {
    const text = event.variables.hostile
    const got = received.filter(
      (each) => decodeURIComponent(each.headers['webhook-call-id'] ?? '') === event.call_id,
    )
    expect([event.call_id, got.length]).toEqual([event.call_id, shapes.length])
    for (const each of got) {
      const shape = each.path.slice(1)
      const own = shape === 'header' ? ['x-first', 'x-last'] : []
      const type = shape === 'get' ? [] : ['content-type']
      const unframed = each.headerNames
        .map((name) => name.toLowerCase())
        .filter((name) => !framing.includes(name))
      expect([shape, text, unframed.sort()]).toEqual([shape, text, [...always, ...own, ...type].sort()])
      if (shape === 'header') {
        expect(asUtf8(each.headers['x-first'])).toBe(withoutControls(text.toWellFormed()))
        expect(asUtf8(each.headers['x-last'])).toBe(`k-${withoutControls(text.toWellFormed())}`)
      }
      expect([shape, read(shape === 'header' ? 'json' : shape, each)]).toEqual([
        shape,
        { whole: text.toWellFormed(), fields: shape === 'get' ? 3 : 2 },
      ])
    }
  }
  expect(await relay.stop()).toBe(0)
})
