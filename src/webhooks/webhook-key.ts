import type { Env } from '../contracts/env.ts'
import type { WebhookObject } from './webhook-object.ts'

export function webhookObject(env: Env, webhookId: string): DurableObjectStub<WebhookObject> {
  return env.WEBHOOKS.getByName(webhookId)
}
