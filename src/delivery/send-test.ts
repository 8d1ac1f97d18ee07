import { openDestination } from './destination.ts'
import type { WebhookRow } from '../contracts/configuration.ts'
import { deliveryId, newUlid, secureRandom } from '../lib/id.ts'
import type { Env } from '../contracts/env.ts'
import { settingsOf } from '../lib/settings.ts'
import { viewAttempt, type AttemptView } from '../api/deliveries/view.ts'
import { attempt } from './attempt.ts'
import type { CallEvent } from './event.ts'

/**
 * Sends one event to a webhook now, outside every lane and whatever its status: somebody asked for just this.
 * It has a delivery id of its own and is not in the log.
 */
export async function sendTest(env: Env, row: WebhookRow, event: CallEvent): Promise<AttemptView> {
  const settings = settingsOf(env)
  const now = (): number => Date.now()
  const destination = await openDestination(settings.encryptionKeys, row, now())
  const id = deliveryId(newUlid(now(), secureRandom), row.id)
  const context = {
    event,
    account_id: row.account_id,
    webhook_id: row.id,
    position: 1,
    late: false,
    attempt: 1,
  }
  const outcome = await attempt(id, context, {
    permission: async () => ({ kind: 'granted', destination, isFresh: () => true }),
    gateOpen: async () => {},
    timeoutMs: settings.deliveryTimeoutMs,
    allowPrivateTargets: settings.allowPrivateTargets,
    sourceTimeZone: settings.sourceTimeZone,
    now,
  })
  if (outcome.kind === 'withdrawn') throw new Error('a test that is always allowed was withdrawn')
  return viewAttempt(id, { number: 1, via: 'test', ...outcome.result })
}
