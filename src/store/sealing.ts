import * as z from 'zod'
import type { WebhookRow } from '../contracts/configuration.ts'
import { MASK, type Pair, type Secrets, type WebhookConfig } from '../contracts/webhook.ts'
import type { Vault } from './vault.ts'

/** A configuration as it is stored: each header value sealed. */
export async function sealConfig(vault: Vault, config: WebhookConfig): Promise<WebhookConfig> {
  return { ...config, headers: await mapValues(config.headers, (value) => vault.seal(value)) }
}

/** A stored configuration in clear, from a webhook's row or from one of its versions. */
export async function openConfig(vault: Vault, stored: WebhookConfig): Promise<WebhookConfig> {
  const config = configOf(stored)
  return { ...config, headers: await mapValues(config.headers, (value) => vault.open(value)) }
}

export async function sealSecrets(vault: Vault, secrets: Secrets): Promise<string> {
  return vault.seal(JSON.stringify(secrets))
}

const secretsSchema = z.object({
  current: z.string(),
  previous: z.array(z.object({ secret: z.string(), expires_at: z.number() })),
})

/** The webhook's signing secrets, without those that have expired by `nowMs`. */
export async function openSecrets(
  vault: Vault,
  row: Pick<WebhookRow, 'secrets'>,
  nowMs: number,
): Promise<Secrets> {
  const secrets = secretsSchema.parse(JSON.parse(await vault.open(row.secrets)))
  return { ...secrets, previous: secrets.previous.filter((each) => each.expires_at > nowMs) }
}

/** The secrets that sign a request, newest first. */
export function signingSecrets(secrets: Secrets): string[] {
  return [secrets.current, ...secrets.previous.map((each) => each.secret)]
}

/** The configuration's fields alone, out of a row that holds more. */
export function configOf(row: WebhookConfig): WebhookConfig {
  return {
    name: row.name,
    description: row.description,
    triggers: row.triggers,
    url: row.url,
    method: row.method,
    content_type: row.content_type,
    call_type: row.call_type,
    outbound_types: row.outbound_types,
    numbers: row.numbers,
    date_time_format: row.date_time_format,
    time_zone: row.time_zone,
    headers: row.headers,
    parameters: row.parameters,
    body: row.body,
    value_types: row.value_types,
    nested_form: row.nested_form,
    ordering: row.ordering,
    rate_limit: row.rate_limit,
    max_age_seconds: row.max_age_seconds,
  }
}

/** A configuration as it may be shown to anyone: each header value masked. */
export function masked(config: WebhookConfig): WebhookConfig {
  return { ...config, headers: maskedHeaders(config) }
}

export function maskedHeaders(config: Pick<WebhookConfig, 'headers'>): Pair[] {
  return config.headers.map(({ key }) => ({ key, value: MASK }))
}

function mapValues(pairs: readonly Pair[], map: (value: string) => Promise<string>): Promise<Pair[]> {
  return Promise.all(pairs.map(async ({ key, value }) => ({ key, value: await map(value) })))
}
