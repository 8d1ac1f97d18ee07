import { queryOptions } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'
import type { Fault } from '../../../src/api/http/problem.ts'
import { ApiProblem } from './problem.ts'
import type { Webhook } from './webhooks.ts'

export interface OwnNumber {
  number: string
  label: string
}
export type Preview = InferResponseType<typeof v1.webhooks.preview.$post, 200>
export type TestAttempt = InferResponseType<(typeof v1.webhooks)[':webhook_id']['test']['$post'], 200>

/** What of a webhook is sent: the API's fields, some of them perhaps not well-formed yet. */
export type WebhookBody = Record<string, unknown>

/** Safe: what is being written need not be well-formed; whether it is the API says, fault by fault. */
function unchecked(body: unknown): never {
  return body as never
}

/** For routes whose types know no query: whose webhook it is, which an admin has to say. */
function of(accountId: string): object {
  return { query: { account_id: accountId } }
}

/** A browser answers a 304 out of its cache by itself: what is asked for is there. */
function told<T>(answer: T | null): T {
  if (answer === null) throw new Error('an answer without its body')
  return answer
}

/** One webhook to change, as it is now: header values in clear if the session may see them. */
export function editedWebhookQuery(accountId: string, id: string) {
  return queryOptions({
    queryKey: ['webhooks', accountId, 'edited', id],
    queryFn: async () => told(await ask(v1.webhooks[':webhook_id'].$get({ param: { webhook_id: id } }))),
    // What is being edited must not move; an older version is never begun with.
    staleTime: Infinity,
    gcTime: 0,
  })
}

/** All My Numbers of an account, 1,000 at most. */
export function ownNumbersQuery(accountId: string) {
  return queryOptions({
    queryKey: ['numbers', accountId, 'all'],
    queryFn: async () => {
      const all: OwnNumber[] = []
      let cursor: string | undefined
      do {
        const query: Record<string, string> = { account_id: accountId, limit: '250' }
        if (cursor !== undefined) query['cursor'] = cursor
        const page: { data: OwnNumber[]; next_cursor: string | null } = told(
          await ask(v1.numbers.$get({ query })),
        )
        all.push(...page.data)
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined)
      return all
    },
    staleTime: 60_000,
  })
}

export type PreviewAnswer = { ok: true; request: Preview } | { ok: false; faults: readonly Fault[] }

/** The exact request for a sample call. Faults of the draft are an answer, and not an error. */
export function previewQuery(accountId: string, webhook: WebhookBody, trigger: string) {
  return queryOptions({
    queryKey: ['previews', accountId, webhook, trigger],
    queryFn: async ({ signal }): Promise<PreviewAnswer> => {
      const args = { json: unchecked({ webhook, trigger }), ...of(accountId) }
      try {
        return { ok: true, request: await ask(v1.webhooks.preview.$post(args, { init: { signal } })) }
      } catch (error) {
        if (error instanceof ApiProblem && error.code === 'invalid')
          return { ok: false, faults: error.faults }
        throw error
      }
    },
    staleTime: 30_000,
    gcTime: 60_000,
  })
}

/** @param idempotencyKey the same for the same body, so that one that is sent again makes no second webhook */
export async function createWebhook(accountId: string, body: WebhookBody, idempotencyKey: string) {
  const headers = { 'idempotency-key': idempotencyKey }
  return ask(v1.webhooks.$post({ json: unchecked(body), ...of(accountId) }, { headers }))
}

/** Changes what `body` names, if the webhook still is the version of `etag`. */
export async function changeWebhook(id: string, body: WebhookBody, etag: string): Promise<Webhook> {
  const args = { param: { webhook_id: id }, json: unchecked(body) }
  return ask(v1.webhooks[':webhook_id'].$patch(args, { headers: { 'if-match': etag } }))
}

/** Sends a sample to the webhook as it is saved. */
export async function testWebhook(id: string, trigger: string | null): Promise<TestAttempt> {
  const args = { param: { webhook_id: id }, json: unchecked({ trigger }) }
  return ask(v1.webhooks[':webhook_id'].test.$post(args))
}

/** What each variable of a trigger holds in the sample call, as these formats write it. */
export function sampleValuesQuery(
  accountId: string,
  trigger: string | null,
  formats: Pick<Webhook, 'date_time_format' | 'time_zone'>,
) {
  return queryOptions({
    queryKey: ['sample-values', trigger, formats],
    enabled: trigger !== null,
    queryFn: async (): Promise<Record<string, unknown>> => {
      const webhook = { name: 'sample', triggers: [trigger], url: 'https://example.com/', ...formats }
      const { body } = await ask(
        v1.webhooks.preview.$post({ json: unchecked({ webhook }), ...of(accountId) }),
      )
      // Safe: a body of JSON with all variables is an object of them.
      return body === null ? {} : (JSON.parse(body) as Record<string, unknown>)
    },
    staleTime: Infinity,
  })
}
