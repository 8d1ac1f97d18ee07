import { createExecutionContext } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { app } from '../../src/api/app.ts'
import { env } from '../support/relay.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const ON = { TEST_RECEIVER: 'true', ALLOW_PRIVATE_TARGETS: 'true' }

async function ask(method: string, path: string, settings: object): Promise<Response> {
  const body = method === 'POST' ? JSON.stringify({ call_id: '1783784576.231947' }) : null
  const request = new Request(`http://relay.test${path}`, { method, body })
  return app.fetch(request, { ...env, ...settings }, createExecutionContext())
}

describe('the test receiver', () => {
  test('answers every webhook with 200 and nothing else, without a key', async () => {
    for (const method of ['POST', 'GET']) {
      const answer = await ask(method, '/test-receiver/first', ON)
      expect([answer.status, await answer.text()]).toEqual([200, ''])
    }
  })

  test.each([
    ['as the settings are by default', {}],
    ['if it is switched off', { ...ON, TEST_RECEIVER: 'false' }],
    ['without private targets', { ...ON, ALLOW_PRIVATE_TARGETS: 'false' }],
  ])('is not there %s: no method is answered, and the page does not speak of it', async (_, settings) => {
    for (const method of METHODS) {
      const answer = await ask(method, '/test-receiver/first', settings)
      expect([method, answer.status]).toEqual([method, 404])
    }
    const page = await (await ask('GET', '/start', settings)).text()
    expect(page).toContain('<meta name="test-receiver" content="" />')
  })

  test('is told to the page if it is there', async () => {
    const page = await (await ask('GET', '/start', ON)).text()
    expect(page).toContain('<meta name="test-receiver" content="/test-receiver/" />')
  })
})

test('the logo of a panel may be shown in its frame, and nowhere else', async () => {
  const settings = { PORTAL_ORIGINS: 'https://panel.example.com' }
  const images = async (path: string) =>
    /img-src [^;]*/.exec((await ask('GET', path, settings)).headers.get('content-security-policy') ?? '')?.[0]
  expect(await images('/embed')).toBe("img-src 'self' https://panel.example.com")
  expect(await images('/webhooks')).toBe("img-src 'self'")
})
