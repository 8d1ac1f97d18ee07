import type { Env } from '../../contracts/env.ts'
import { WEBHOOK_HEALTHS, type WebhookHealth } from '../../contracts/webhook.ts'
import { report } from '../../lib/failure.ts'
import { shardOf } from '../../contracts/stub.ts'
import { readHead } from '../../store/accounts.ts'
import { noSuch } from '../auth/authenticate.ts'
import { Problem } from '../http/problem.ts'

const RETRY_AFTER_S = 1

/** How healthy a webhook is, by its id. */
export type Healths = (webhookId: string) => WebhookHealth

/** Of a webhook that has just been made. */
export const HEALTHY: Healths = () => 'healthy'

/**
 * Asks the account's shards how healthy its webhooks are. Each shard knows of its own deliveries, and the worst that
 * one says is what is shown.
 * @param shards over how many the account's calls are spread, if that is known
 * @throws Problem (503) if one of them does not answer
 */
export async function healthsOf(env: Env, accountId: string, shards?: number): Promise<Healths> {
  const count = shards ?? (await readHead(env, accountId))?.shards
  if (count === undefined) throw noSuch('account')
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, shard) =>
      shardOf(env, accountId, shard)
        .health()
        .catch((error: unknown) => {
          report('health', error)
          throw new Problem('unavailable', 'The health of the webhooks cannot be read right now', {
            retryAfterS: RETRY_AFTER_S,
          })
        }),
    ),
  )
  return (webhookId) => worst(answers.flatMap((answer) => answer[webhookId] ?? []))
}

function worst(healths: readonly WebhookHealth[]): WebhookHealth {
  return WEBHOOK_HEALTHS.findLast((each) => healths.includes(each)) ?? 'healthy'
}
