import { waitUntil } from 'cloudflare:workers'
import type { Env } from '../../contracts/env.ts'
import { shardOf } from '../../contracts/stub.ts'
import { attemptTerms, startAttempt } from '../../delivery/attempt.ts'
import { openDestination, type SealedWebhook } from '../../delivery/destination.ts'
import { contextOf, type CallEvent } from '../../delivery/event.ts'
import { report } from '../../lib/failure.ts'
import { newUlid, secureRandom } from '../../lib/id.ts'
import type { JsonObject } from '../../lib/json.ts'
import { settingsOf } from '../../lib/settings.ts'
import { shardOfCall } from '../../order/placement.ts'
import { shardsOf } from '../../store/shards.ts'
import { viewAttempt, type AttemptView } from '../deliveries/view.ts'
import { Problem } from '../http/problem.ts'

/** What a test sends, but for its call. */
export type Sample = Omit<CallEvent, 'variables'> & { readonly variables: JsonObject }

/** The relay says this much (s) if it cannot put a test on record right now. */
const RETRY_AFTER_S = 1

/**
 * Sends one event to a webhook now, outside every lane and whatever its status: somebody asked for just this. It is a
 * call of its own, so that no state of a call that a receiver keeps is touched by it, and is in the log, marked.
 * @throws Problem (503) if it could not be put on record; then nothing was sent
 */
export async function sendTest(
  env: Env,
  row: SealedWebhook & { account_id: string },
  sample: Sample,
): Promise<AttemptView> {
  const settings = settingsOf(env)
  const { account_id, id: webhook_id } = row
  const destination = await openDestination(settings.encryptionKeys, row)
  const call_id = `test-${newUlid(Date.now(), secureRandom)}`
  const place = shardOfCall(call_id, await shardsOf(env, account_id))
  const shard = shardOf(env, account_id, place)
  const { trigger, call_type, outbound_type, number, sequence, occurred_at } = sample
  // The core names the call among the variables, too, and many a receiver reads it there.
  const ofCall = 'call_id' in sample.variables ? { call_id } : {}
  const variables = JSON.stringify({ ...sample.variables, ...ofCall })
  const facts = { id: null, call_id, trigger, call_type, outbound_type, number, sequence, occurred_at }
  const begun = await shard.beginTest(account_id, place, webhook_id, { ...facts, variables })
  if (begun === null) {
    throw new Problem('unavailable', 'The relay cannot send a test right now', { retryAfterS: RETRY_AFTER_S })
  }
  const { delivery_id, event } = begun
  const send = async (): Promise<AttemptView> => {
    const context = contextOf({ account_id, webhook_id, attempt: 1, event, variables })
    const result = await startAttempt(destination, delivery_id, context, attemptTerms(settings))
    const { retry_after_ms: _unused, ...entry } = result
    const attempt = { number: 1, via: 'test' as const, ...entry }
    // Whoever asked is told in any case; the log then says by itself that nothing is known of it.
    await shard.endTest(delivery_id, attempt).catch((error: unknown) => report('test', error))
    return viewAttempt(delivery_id, attempt)
  }
  const sent = send()
  // Whoever asked may go away before the receiver answers.
  waitUntil(sent)
  return sent
}
