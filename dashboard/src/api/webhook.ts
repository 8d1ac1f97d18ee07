/** One webhook: itself, its secret, a test, and its end. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { InferResponseType } from 'hono/client'
import { ask, v1 } from './client.ts'

const one = v1.webhooks[':webhook_id']
export type WebhookDetail = InferResponseType<typeof one.$get, 200>
export type Secrets = InferResponseType<typeof one.secret.$get, 200>
export type TestAttempt = InferResponseType<typeof one.test.$post, 200>

/** A 304 has none; it comes to who sends `If-None-Match`, which nothing here does. */
async function content<T>(asked: Promise<T | null>): Promise<T> {
  const answer = await asked
  if (answer === null) throw new Error('an answer without content')
  return answer
}

export function webhookQuery(accountId: string, id: string) {
  return queryOptions({
    queryKey: ['webhooks', accountId, 'one', id],
    queryFn: async () => content(ask(one.$get({ param: { webhook_id: id } }))),
    // Health changes by itself, and so may the status.
    refetchInterval: 10_000,
  })
}

/** Asked for by a click alone, and kept nowhere: what is shown of it is the component's own. */
export async function readSecret(id: string): Promise<Secrets> {
  return content(ask(one.secret.$get({ param: { webhook_id: id } })))
}

export function useRotate(accountId: string, id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (graceSeconds: number) =>
      ask(one.secret.rotate.$post({ param: { webhook_id: id }, json: { grace_seconds: graceSeconds } })),
    gcTime: 0,
    onSettled: async () => queries.invalidateQueries({ queryKey: webhookQuery(accountId, id).queryKey }),
  })
}

type TestTrigger = WebhookDetail['triggers'][number]

export function useTest(accountId: string, id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (trigger: TestTrigger) =>
      ask(one.test.$post({ param: { webhook_id: id }, json: { trigger } })),
    // It is in the log, marked.
    onSettled: async () => queries.invalidateQueries({ queryKey: ['deliveries', accountId] }),
  })
}

/** Deletes the version that is shown: who changed it meanwhile had a reason. */
export function useDelete(accountId: string, { id, etag }: Pick<WebhookDetail, 'id' | 'etag'>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async () =>
      ask(one.$delete({ param: { webhook_id: id } }, { headers: { 'if-match': etag } })),
    onSuccess: () => {
      queries.removeQueries({ queryKey: webhookQuery(accountId, id).queryKey })
      void queries.invalidateQueries({ queryKey: ['webhooks', accountId, 'list'] })
    },
    onError: () => void queries.invalidateQueries({ queryKey: webhookQuery(accountId, id).queryKey }),
  })
}
