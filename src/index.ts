import { app } from './app.ts'
import { consume, type DeliveryMessage } from './dispatch/consumer.ts'
import type { Env } from './env.ts'

export { CallObject } from './calls/call-object.ts'
export { WebhookObject } from './webhooks/webhook-object.ts'

export default {
  fetch: app.fetch,
  queue: consume,
} satisfies ExportedHandler<Env, DeliveryMessage>
