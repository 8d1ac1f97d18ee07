import { and, eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import * as z from 'zod'
import { webhook_versions } from '../../store/tables.ts'
import type { DeliveryDetail } from '../../contracts/shard.ts'
import { MASK } from '../../contracts/webhook.ts'
import { masked } from '../../store/sealing.ts'
import { contextOf } from '../../delivery/event.ts'
import { prepareRequest } from '../../delivery/attempt.ts'
import type { Env } from '../../contracts/env.ts'
import { settingsOf } from '../../lib/settings.ts'
import { NO_VARIABLES } from '../../shard/rows.ts'

export const requestView = z.object({
  method: z.enum(['POST', 'GET']),
  url: z.string(),
  headers: z.array(z.object({ key: z.string(), value: z.string() })),
  body: z.string().nullable(),
})

/**
 * The request of a delivery's last attempt. Rendering is pure, so the event and the version of the configuration
 * that the attempt used give it again just as it was sent, and no copy has to be stored. Header values are
 * masked, and so is the signature: the secret of then may be gone.
 * Null where nothing was sent, or the event is past its retention.
 */
export async function pastRequest(
  env: Env,
  accountId: string,
  { delivery, event, variables, last }: DeliveryDetail,
): Promise<z.infer<typeof requestView> | null> {
  if (last === null || variables === NO_VARIABLES) return null
  const versions = await drizzle(env.DB)
    .select({ config: webhook_versions.config })
    .from(webhook_versions)
    .where(
      and(eq(webhook_versions.webhook_id, delivery.webhook_id), eq(webhook_versions.version, last.version)),
    )
  const config = versions[0]?.config
  if (config === undefined) return null
  const context = contextOf({
    account_id: accountId,
    webhook_id: delivery.webhook_id,
    attempt: last.number,
    event: { ...event, webhooks: [...event.webhooks] },
    variables,
  })
  const destination = { config: masked(config), version: last.version, secrets: [] }
  const timestampS = Math.floor(last.started_at / 1000)
  const request = await prepareRequest(
    destination,
    delivery.id,
    context,
    timestampS,
    settingsOf(env).sourceTimeZone,
  )
  if (!request.ok) return null
  return {
    method: request.method,
    url: request.url,
    headers: request.headers.map(([key, value]) => ({
      key,
      value: key === 'webhook-signature' ? MASK : value,
    })),
    body: request.body,
  }
}
