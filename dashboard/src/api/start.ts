/** What the first steps need of the API: a webhook to begin with, a sample call, and what came of it. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { hc, type InferResponseType } from 'hono/client'
import type { AppType } from '../../../src/api/app.ts'
import { ask, v1 } from './client.ts'

export type FirstWebhook = InferResponseType<(typeof v1.webhooks)[':webhook_id']['$get'], 200>
export type Arrival = InferResponseType<typeof v1.deliveries.$get, 200>['data'][number]

type WebhookInput = Parameters<typeof v1.webhooks.$post>[0]['json']
export type Trigger = WebhookInput['triggers'][number]

/** So often what arrives is asked for. */
const FOLLOW_MS = 1_000
/** As many deliveries as the steps show. */
const SHOWN = '20'
/** A key that is not deleted, since the page was closed meanwhile, opens nothing after that. */
const KEY_MS = 5 * 60_000

export function firstWebhookQuery(id: string) {
  return queryOptions({
    queryKey: ['webhooks', 'one', id],
    queryFn: async () => {
      const found = await ask(v1.webhooks[':webhook_id'].$get({ param: { webhook_id: id } }))
      if (found === null) throw new Error('304, though no version was named')
      return found
    },
  })
}

/** What has been sent to a webhook, newest first; follows by itself. */
export function arrivalsQuery(accountId: string, webhookId: string) {
  return queryOptions({
    queryKey: ['deliveries', accountId, 'start', webhookId],
    queryFn: async () =>
      ask(v1.deliveries.$get({ query: { account_id: accountId, webhook_id: webhookId, limit: SHOWN } })),
    refetchInterval: FOLLOW_MS,
  })
}

export function useFirstWebhook(accountId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (input: Pick<WebhookInput, 'name' | 'description' | 'url' | 'triggers'>) => {
      // Safe: what is left out has a default, which the type does not say. Nor does it know of `account_id`.
      const asked = { query: { account_id: accountId }, json: input as WebhookInput }
      return ask(v1.webhooks.$post(asked))
    },
    onSuccess: async () => queries.invalidateQueries({ queryKey: ['webhooks', accountId] }),
  })
}

/** One sample of a trigger to one webhook, outside of every call. */
export async function sendTest(webhookId: string, trigger: Trigger) {
  return ask(v1.webhooks[':webhook_id'].test.$post({ param: { webhook_id: webhookId }, json: { trigger } }))
}

/**
 * Posts events one after the other. No session may, so an operator's makes a key for it, which is deleted in the end.
 * @param onSent is told how many have been taken
 */
export async function playCall(
  accountId: string,
  events: readonly object[],
  pauseMs: number,
  onSent: (count: number) => void,
): Promise<void> {
  const keys = v1.accounts[':account_id'].keys
  const made = await ask(
    keys.$post({
      param: { account_id: accountId },
      json: {
        name: 'Sample call',
        scope: 'ingest',
        expires_at: new Date(Date.now() + KEY_MS).toISOString(),
      },
    }),
  )
  try {
    const core = hc<AppType>(window.location.origin, {
      headers: { authorization: `Bearer ${made.key}` },
      init: { credentials: 'omit' },
    })
    for (const [index, json] of events.entries()) {
      if (index > 0) await new Promise((next) => setTimeout(next, pauseMs))
      // The route checks events by hand, and its type does not say what it takes.
      const input = { json }
      await ask(core.v1.events.$post(input))
      onSent(index + 1)
    }
  } finally {
    await ask(keys[':key_id'].$delete({ param: { account_id: accountId, key_id: made.id } }))
  }
}
