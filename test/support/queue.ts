import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import type { DeliveryMessage } from '../../src/delivery/consumer.ts'
import { observePace } from '../../src/delivery/pace.ts'
import worker from '../../src/index.ts'
import { env } from './relay.ts'

/** Makes the relay take the webhook's receiver for a slow one, whose deliveries go by the queue. */
export function slow(webhook: string): void {
  for (let n = 0; n < 4; n += 1) observePace(webhook, 30_000)
}

/** Hands a message to the consumer as the platform would. */
export async function consume(queue: string, body: DeliveryMessage, bindings: typeof env = env) {
  const batch = createMessageBatch<DeliveryMessage>(queue, [
    { id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body },
  ])
  const ctx = createExecutionContext()
  await worker.queue(batch, bindings, ctx)
  return getQueueResult(batch, ctx)
}
