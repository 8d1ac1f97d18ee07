import type { Env } from '../settings.ts'

export function webhookObject(env: Env, webhookId: string): DurableObjectStub<import('./webhook-object.ts').WebhookObject> {
  return env.WEBHOOKS.getByName(webhookId)
}
