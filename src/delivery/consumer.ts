import { callObject } from '../calls/call-key.ts'
import { report } from '../lib/failure.ts'
import type { Env } from '../contracts/env.ts'
import type { AttemptOutcome } from './attempt.ts'
import { makeAttempt, type Job } from './job.ts'

/** A queued attempt. It carries no more than its name: the call's object has the rest, and decides if it still stands. */
export interface DeliveryMessage {
  account_id: string
  call_id: string
  webhook_id: string
  token: number
}

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
  ctx: ExecutionContext,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      if (!isDelivery(message.body)) {
        // Nothing is known of it but that it would fail every time.
        report('queue', new Error('a message that is no delivery was dropped'))
        message.ack()
        return
      }
      try {
        if (batch.queue === DEAD_QUEUE) await bury(env, message.body)
        else {
          const askedMs = Date.now()
          const job = await callObject(env, message.body.account_id, message.body.call_id).begin(
            message.body.webhook_id,
            message.body.token,
          )
          if (job !== null) ctx.waitUntil(run(env, job, askedMs))
        }
        message.ack()
      } catch (error) {
        report('queued delivery', error)
        message.retry({ delaySeconds: RETRY_DELAY_S })
      }
    }),
  )
}

function isDelivery(body: unknown): body is DeliveryMessage {
  if (typeof body !== 'object' || body === null) return false
  const { account_id, call_id, webhook_id, token } = body as Record<string, unknown> // safe: any object has keys
  return (
    [account_id, call_id, webhook_id].every((each) => typeof each === 'string') && Number.isInteger(token)
  )
}

async function run(env: Env, job: Job, claimedMs: number): Promise<void> {
  try {
    const outcome = await makeAttempt(env, job, claimedMs).catch((error: unknown): AttemptOutcome => {
      // A fault of our own, before anything was sent: it does not count as an attempt.
      report('queued attempt', error)
      return { kind: 'withdrawn', why: 'stale' }
    })
    const { webhook_id, token, rank, attempt, tries, via } = job
    await callObject(env, job.account_id, job.call_id).report(
      { webhook_id, token, rank, attempt, tries, via },
      outcome,
    )
  } catch (error) {
    // The claim lapses, and the call makes the attempt again.
    report('queued report', error)
  }
}

/** A message that could not be claimed at all: its claim goes back to the call, and the log says why. */
async function bury(env: Env, message: DeliveryMessage): Promise<void> {
  await callObject(env, message.account_id, message.call_id).undeliverable(message.webhook_id, message.token)
}
