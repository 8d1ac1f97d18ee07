import type { Destination } from '../dispatch/attempt.ts'
import type { WebhookRow } from './snapshot.ts'
import type { Secrets } from './tables.ts'
import { vaultOf } from './vault.ts'

// A row of a snapshot serves many attempts; its values are opened once.
const opened = new WeakMap<WebhookRow, { secrets: Secrets; headers: WebhookRow['headers'] }>()

/**
 * A stored webhook ready to be sent to: its header values and secrets in clear. The current secret signs first,
 * then each rotated one until it expires.
 * @throws VaultError where a value was sealed with another ENCRYPTION_KEY.
 */
export async function openDestination(encryptionKey: string, row: WebhookRow, nowMs: number): Promise<Destination> {
  let clear = opened.get(row)
  if (clear === undefined) {
    const vault = await vaultOf(encryptionKey)
    const headers = await Promise.all(row.headers.map(async ({ key, value }) => ({ key, value: await vault.open(value) })))
    // Safe: the secrets column is written as sealed JSON of Secrets, and GCM vouches that nobody else wrote it.
    clear = { headers, secrets: JSON.parse(await vault.open(row.secrets)) as Secrets }
    opened.set(row, clear)
  }
  const previous = clear.secrets.previous.filter((each) => each.expires_at > nowMs).map((each) => each.secret)
  return {
    config: { ...row, headers: clear.headers },
    version: row.version,
    secrets: [clear.secrets.current, ...previous],
  }
}
