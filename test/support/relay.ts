import { env as bindings, exports } from 'cloudflare:workers'
import { vi } from 'vitest'
import type { Env } from '../../src/contracts/env.ts'

// Safe: the bindings are those of wrangler.toml, which Env describes, and the test settings of vitest.config.ts.
export const env = bindings as unknown as Env
export const ADMIN_KEY = 'test-admin-key-0123456789'

/** Calls the Worker's API. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the body's type is the test's to say
export async function api<T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  key: string = ADMIN_KEY,
): Promise<{ status: number; body: T }> {
  // Safe: the default export is a Worker with a fetch handler.
  const worker = (exports as unknown as { default: Fetcher }).default
  const response = await worker.fetch(`https://relay.test${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T }
}

export async function newAccount(name = 'Acme'): Promise<string> {
  return (await api<{ id: string }>('POST', '/v1/accounts', { name })).body.id
}

/** A webhook for every event that the tests post, at a receiver's URL. */
export async function newWebhook(accountId: string, url: string, more: object = {}): Promise<string> {
  const webhook = {
    name: 'Test',
    triggers: ['call_answered_by_agent', 'call_hangup_missed_or_answered'],
    url,
    ...more,
  }
  const created = await api<{ id: string }>('POST', `/v1/webhooks?account_id=${accountId}`, webhook)
  if (created.status !== 201) throw new Error(JSON.stringify(created.body))
  return created.body.id
}

export function event(accountId: string, callId: string, more: object = {}): object {
  const trigger = 'call_answered_by_agent'
  return {
    account_id: accountId,
    trigger,
    call_id: callId,
    call_type: 'inbound',
    variables: { uuid: callId },
    ...more,
  }
}

export async function post(accountId: string, callId: string, more: object = {}) {
  return api<{ id: string; position: number; duplicate: boolean; code: string }>(
    'POST',
    '/v1/events',
    event(accountId, callId, more),
  )
}

export interface DeliveryView {
  id: string
  status: string
  call_id: string
  position: number
  late: boolean
  attempt_count: number
  last_error: string | null
  next_attempt_at: string | null
}

export async function deliveries(
  accountId: string,
  webhookId: string,
  filters = '',
): Promise<DeliveryView[]> {
  const path = `/v1/webhooks/${webhookId}/deliveries?account_id=${accountId}${filters}`
  return (await api<{ data: DeliveryView[] }>('GET', path)).body.data
}

export interface Received {
  callId: string
  position: number
  attempt: number
  id: string
  late: boolean
  headers: Record<string, string>
  body: string
}

/**
 * Receivers in place of the network: `fetch` inside the Worker and its objects comes here. A receiver is a URL
 * and what it answers; the requests it got are its `got`.
 */
export class Receivers {
  readonly #answers = new Map<string, (request: Received) => Response | Promise<Response>>()
  readonly #got = new Map<string, Received[]>()
  readonly #starts = new Map<string, number>()

  constructor() {
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const request = new Request(input, init)
      const url = request.url.split('?')[0] ?? ''
      this.#starts.set(url, this.starts(url) + 1)
      const answer = this.#answers.get(url)
      // As workerd says it.
      if (answer === undefined) throw new Error('Network connection lost.')
      const received: Received = {
        callId: request.headers.get('webhook-call-id') ?? '',
        position: Number(request.headers.get('webhook-position')),
        attempt: Number(request.headers.get('webhook-attempt')),
        id: request.headers.get('webhook-id') ?? '',
        late: request.headers.get('webhook-late') === 'true',
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      }
      this.got(url).push(received)
      return answer(received)
    })
  }

  add(
    name: string,
    answer: (request: Received) => Response | Promise<Response> = () => new Response('ok'),
  ): string {
    const url = `https://${name}.receiver.test/hook`
    this.#answers.set(url, answer)
    return url
  }

  /** How many requests have gone out to a receiver: each counts from the call of `fetch`, not from its arrival. */
  starts(url: string): number {
    return this.#starts.get(url) ?? 0
  }

  got(url: string): Received[] {
    const got = this.#got.get(url) ?? []
    this.#got.set(url, got)
    return got
  }
}

/** Waits until a condition holds, and says what it waited for when it does not. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`)
    await scheduler.wait(20)
  }
}
