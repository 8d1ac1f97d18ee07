import { answer } from './api/app.ts'
import { consume, type DeliveryMessage } from './delivery/consumer.ts'
import type { Env } from './contracts/env.ts'

export { CallObject } from './calls/call-object.ts'
export { WebhookObject } from './webhooks/webhook-object.ts'

export default {
  fetch: answer,
  queue: consume,
} satisfies ExportedHandler<Env, DeliveryMessage>
