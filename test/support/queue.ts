import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import type { DeliveryMessage } from '../../src/contracts/jobs.ts'
import { observePace } from '../../src/delivery/pace.ts'
import worker from '../../src/index.ts'
import { rebind } from './bindings.ts'
import { shardOfAccount } from './outage.ts'
import { env } from './relay.ts'

/** Makes the relay take the webhook's receiver for a slow one, whose deliveries go by the queue. */
export function slow(webhook: string): void {
  for (let n = 0; n < 4; n += 1) observePace(webhook, 30_000)
}

/** Hands messages to the consumer as the platform would. */
export async function consume(queue: string, bodies: readonly unknown[], bindings: typeof env = env) {
  const messages = bodies.map((body, n) => ({ id: String(n), timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch(
    queue,
    // Safe: some bodies are no delivery on purpose, and the consumer has to see that.
    messages as Parameters<typeof createMessageBatch<DeliveryMessage>>[1],
  )
  const ctx = createExecutionContext()
  await worker.queue(batch, bindings, ctx)
  return getQueueResult(batch, ctx)
}

/**
 * Stands between the objects and the queue until the test has ended: keeps what is sent, and answers as it is told.
 * @param answer given the messages; what they are is kept once it has returned
 */
export async function interceptQueue(
  account: string,
  answer: (bodies: DeliveryMessage[]) => Promise<void> = async () => {},
): Promise<DeliveryMessage[]> {
  const sent: DeliveryMessage[] = []
  const DELIVERIES = {
    sendBatch: async (messages: Iterable<MessageSendRequest<DeliveryMessage>>) => {
      const bodies = [...messages].map(({ body }) => body)
      await answer(bodies)
      sent.push(...bodies)
    },
  } as unknown as Queue<DeliveryMessage> // safe: the relay uses no more of a queue
  await rebind(shardOfAccount(account), () => ({ DELIVERIES }))
  return sent
}
