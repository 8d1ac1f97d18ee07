import { Validator, type Schema } from '@cfworker/json-schema'
import { sample } from 'openapi-sampler'
import { describe, expect, test } from 'vitest'
import packageJson from '../../package.json'
import { app } from '../../src/api/app.ts'
import { DASHBOARD_PAGES } from '../../src/api/dashboard/routes.ts'
import { raw } from '../support/control.ts'

interface Operation {
  operationId: string
  summary: string
  tags: string[]
  parameters?: { name: string; in: string; required?: boolean }[]
  requestBody?: { content: Record<string, { schema: unknown }> }
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema: { $ref?: string }; example?: unknown }> }
  >
  security?: object[]
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  tags: { name: string }[]
  security: object[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, object>
    securitySchemes: Record<string, { type: string; scheme: string }>
  }
}

async function read(): Promise<Document> {
  const answer = await raw('GET', '/openapi.json', { key: null })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  return answer.json<Document>()
}

function operations(document: Document): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  )
}

/** Pages for people: no part of the API. */
const PAGES = [
  'GET /docs',
  'GET /docs/*',
  'GET /assets/*',
  'GET /embed/',
  'GET /embed/*',
  ...DASHBOARD_PAGES.map((path) => `GET ${path}`),
]

describe('openapi.json', () => {
  test('names every route of the app, and no other', async () => {
    const named = operations(await read()).map(([route]) => route)
    const mounted = app.routes
      .filter((route) => route.method !== 'ALL')
      .map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
    expect(named.sort()).toEqual([...new Set(mounted)].filter((route) => !PAGES.includes(route)).sort())
  })

  test('is OpenAPI 3.1 with a bearer key or a session, and its references lead somewhere', async () => {
    const document = await read()
    expect(document.openapi).toMatch(/^3\.1\.\d+$/)
    expect(document.info.version).toBe(packageJson.version)
    expect(document.components.securitySchemes['bearer']).toMatchObject({ type: 'http', scheme: 'bearer' })
    expect(document.components.securitySchemes['session']).toMatchObject({ type: 'apiKey', in: 'cookie' })
    expect(document.security).toEqual([{ bearer: [] }, { session: [] }])
    const other = operations(document).filter(([, { security }]) => security !== undefined)
    expect(Object.fromEntries(other.map(([route, { security }]) => [route, security]))).toEqual({
      'GET /health': [],
      'GET /openapi.json': [],
      'POST /v1/session': [],
      'POST /v1/events': [{ bearer: [] }],
      'POST /v1/events/batch': [{ bearer: [] }],
    })
    const text = JSON.stringify(document)
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name ?? '')
    }
    expect(text).not.toMatch(/"\$ref":"(?!#\/components\/)/)
    expect(text).not.toContain('$defs')
    expect(text).not.toContain('"nullable"')
  })

  test('gives each operation an id of its own, a summary, a known tag, its path parameters and its answers', async () => {
    const document = await read()
    const tags = document.tags.map((tag) => tag.name)
    const ids = operations(document).map(([, operation]) => operation.operationId)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    for (const [route, operation] of operations(document)) {
      expect([route, operation.summary]).toEqual([route, expect.stringMatching(/./)])
      expect([route, operation.tags.filter((tag) => !tags.includes(tag))]).toEqual([route, []])
      const inPath = [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const given = (operation.parameters ?? []).filter(
        (each) => each.in === 'path' && each.required === true,
      )
      expect([route, given.map((each) => each.name)]).toEqual([route, inPath])
      const statuses = Object.keys(operation.responses)
      expect([route, statuses.some((status) => status.startsWith('2'))]).toEqual([route, true])
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description).not.toBe('')
        if (status.startsWith('2')) continue
        if (status === '304') {
          expect([route, response.content]).toEqual([route, undefined])
          continue
        }
        const schema = response.content?.['application/problem+json']?.schema
        if (status === '412') {
          expect([route, schema]).toEqual([
            route,
            expect.objectContaining({ properties: expect.objectContaining({ current: expect.anything() }) }),
          ])
          continue
        }
        expect([route, status, schema]).toEqual([route, status, { $ref: '#/components/schemas/Problem' }])
      }
      if (route.includes(' /v1/'))
        for (const status of ['401', '403', '429']) expect(statuses).toContain(status)
      if (operation.parameters?.some((each) => each.name === 'limit'))
        expect([route, statuses]).toEqual([route, expect.arrayContaining(['422'])])
      if (operation.requestBody !== undefined)
        for (const status of ['400', '413', '415', '422']) expect(statuses).toContain(status)
    }
  })

  test('says of a new webhook what the contract says', async () => {
    const document = await read()
    const schema = document.components.schemas['WebhookCreate']
    expect(schema).toMatchObject({
      required: ['name', 'triggers', 'url'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 120 },
        url: { maxLength: 2048 },
        method: { anyOf: [{ enum: ['POST', 'GET'] }, { type: 'null' }], default: 'POST' },
        time_zone: { default: 'IST' },
        headers: { anyOf: [{ maxItems: 20 }, { type: 'null' }], default: [] },
        parameters: { anyOf: [{ maxItems: 100 }, { type: 'null' }], default: [] },
        body: { anyOf: [{ enum: ['all', 'parameters'] }, { type: 'null' }], default: 'all' },
        rate_limit: { default: null },
      },
    })
  })
})

describe('the documentation', () => {
  test('is served without a key, and asks again whether a page has changed', async () => {
    const answer = await raw('GET', '/docs', { key: null })
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=0, must-revalidate')
    const headers = { 'if-none-match': answer.headers.get('etag') ?? '' }
    expect((await raw('GET', '/docs', { key: null, headers })).status).toBe(304)
    expect((await raw('GET', '/docs/receivers', { key: null })).status).toBe(200)
  })

  test('loads what it needs from this host alone, under names that may be kept for good', async () => {
    const answer = await raw('GET', '/docs/receivers', { key: null })
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self';/)
    expect(policy).not.toMatch(/unsafe|http|\*/)
    const page = await answer.text()
    const files = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '')
    expect(files).toHaveLength(3)
    for (const file of files) {
      const asset = await raw('GET', file, { key: null })
      expect([file, asset.status]).toEqual([file, 200])
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(asset.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('of a page that is not there has one that says so', async () => {
    for (const path of ['/docs/nothing', '/docs/api/nothing', '/docs/receivers.html']) {
      const answer = await raw('GET', path, { key: null })
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    }
    const file = await raw('GET', '/assets/nothing.js', { key: null })
    expect([file.status, file.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect((await raw('GET', '/docs/', { key: null })).headers.get('location')).toBe('/docs')
  })
})

test('health answers without a key, with the version', async () => {
  const answer = await raw('GET', '/health', { key: null })
  expect(await answer.json()).toEqual({ status: 'ok', version: packageJson.version })
})

test('every answer has a request id and the security headers; of the API none is cached', async () => {
  for (const path of ['/health', '/docs', '/v1/accounts', '/nothing']) {
    const answer = await raw('GET', path)
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
  }
  expect((await raw('GET', '/v1/accounts')).headers.get('cache-control')).toBe('no-store')
})

test('a method that a route does not take is 405, as a problem, with those that it does', async () => {
  for (const [method, path, allow] of [
    ['PUT', '/v1/webhooks', 'POST, GET, HEAD'],
    ['DELETE', '/health', 'GET, HEAD'],
    ['GET', '/v1/events', 'POST'],
    ['PUT', '/v1/webhooks/preview', 'POST'],
  ] as const) {
    const answer = await raw(method, path)
    expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, allow])
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed', status: 405 })
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect((await raw('PUT', '/v1/webhooks', { key: null })).status).toBe(401)
})

test('bodies that are not plain from their fields have an example', async () => {
  const document = await read()
  for (const name of [
    'WebhookCreate',
    'WebhookUpdate',
    'OperationalWebhookPut',
    'PreviewRequest',
    'KeyCreate',
    'EventCreate',
  ]) {
    expect([name, document.components.schemas[name]]).toEqual([
      name,
      expect.objectContaining({ examples: expect.anything() }),
    ])
  }
})

test('every answer has an example, which is one that its schema takes', async () => {
  const document = await read()
  for (const [route, operation] of operations(document)) {
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      for (const { schema, example } of Object.values(content)) {
        const shown: unknown = example ?? sample(schema, { quiet: true }, document)
        // Safe: it is JSON Schema, and what it refers to is among the components.
        const whole = { ...(schema as Schema), components: document.components }
        const { valid, errors } = new Validator(whole, '2020-12', false).validate(shown)
        expect([route, status, valid ? [] : errors]).toEqual([route, status, []])
        // What the sampler writes if nothing says better: `src/api/docs/examples.ts` has the field's name to learn.
        expect([route, status, JSON.stringify(shown)]).toEqual([
          route,
          status,
          expect.not.stringMatching(/(?<!"type"):"string"/),
        ])
      }
    }
  }
})

test('a route that is not there is 404, as a problem', async () => {
  const answer = await raw('GET', '/v1/nothing')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  expect(await answer.json()).toMatchObject({ code: 'not_found', status: 404 })
})
