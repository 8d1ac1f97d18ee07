import { viewAttempt, type AttemptView } from '../deliveries/view.ts'
import type { Env } from '../../contracts/env.ts'
import { deliveryId, newUlid, secureRandom } from '../../lib/id.ts'
import { settingsOf } from '../../lib/settings.ts'
import { attemptTerms, startAttempt } from '../../delivery/attempt.ts'
import { openDestination, type SealedWebhook } from '../../delivery/destination.ts'
import type { CallEvent } from '../../delivery/event.ts'

/**
 * Sends one event to a webhook now, outside every lane and whatever its status: somebody asked for just this.
 * It has a delivery id of its own and is not in the log.
 */
export async function sendTest(
  env: Env,
  row: SealedWebhook & { account_id: string },
  event: CallEvent,
): Promise<AttemptView> {
  const settings = settingsOf(env)
  const destination = await openDestination(settings.encryptionKeys, row)
  const nowMs = Date.now()
  const context = {
    event,
    account_id: row.account_id,
    webhook_id: row.id,
    position: 1,
    late: false,
    attempt: 1,
  }
  const id = deliveryId(newUlid(nowMs, secureRandom), row.id)
  const result = await startAttempt(destination, id, context, attemptTerms(settings))
  return viewAttempt(id, { number: 1, via: 'test', ...result })
}
