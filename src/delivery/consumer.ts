import type { Env } from '../contracts/env.ts'
import type { DeliveryMessage, Job } from '../contracts/jobs.ts'
import { meter } from '../metrics/meter.ts'
import { writePoints } from '../metrics/points.ts'
import { report } from '../lib/failure.ts'
import { shardOf } from '../contracts/stub.ts'
import { jobTerms, makeJob, tell, type JobTerms } from './maker.ts'

/** The queue that takes what the deliveries queue gave up on. */
const DEAD_QUEUE = 'deliveries-dead'
const RETRY_DELAY_S = 1

/**
 * Makes queued attempts. A message is acknowledged as soon as its attempt is claimed: from then on the claim's
 * lease is what gets it made again, and no message waits for another's receiver.
 */
export async function consume(
  batch: MessageBatch<DeliveryMessage>,
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<void> {
  const terms = jobTerms(env)
  await Promise.all(
    batch.messages.map(async (message) => {
      const { body } = message
      if (!isDelivery(body)) {
        // Nothing is known of it but that it would fail every time.
        report('queue', new Error('a message that is no delivery was dropped'))
        message.ack()
        return
      }
      meter.queueAge.observe(Math.max(0, Date.now() - message.timestamp.getTime()) / 1000)
      try {
        const shard = shardOf(env, body.account_id, body.shard)
        if (batch.queue === DEAD_QUEUE) await shard.undeliverable(body)
        else {
          const askedMs = Date.now()
          const job = await shard.begin(body)
          if (job !== null) ctx.waitUntil(run(env, job, askedMs, terms))
        }
        message.ack()
      } catch (error) {
        report('queued delivery', error)
        message.retry({ delaySeconds: RETRY_DELAY_S })
      }
    }),
  )
  writePoints(env.METRICS, false, Date.now())
}

function isDelivery(body: unknown): body is DeliveryMessage {
  if (typeof body !== 'object' || body === null) return false
  const { account_id, shard, call_id, webhook_id, token } = body as Record<string, unknown> // safe: any object has keys
  return (
    [account_id, call_id, webhook_id].every((each) => typeof each === 'string') &&
    [shard, token].every((each) => Number.isInteger(each))
  )
}

/** Makes one attempt, and takes no others for it: what comes next goes by the queue as well, or in the shard. */
async function run(env: Env, job: Job, askedMs: number, terms: JobTerms): Promise<void> {
  const made = await makeJob(job, askedMs, terms)
  await tell(env, shardOf(env, job.account_id, job.shard), job, [made], false)
}
