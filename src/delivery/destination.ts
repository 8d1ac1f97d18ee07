import type { Destination } from './attempt.ts'
import type { EncryptionKeys } from '../lib/settings.ts'
import type { WebhookRow } from '../contracts/configuration.ts'
import { vaultOf } from '../store/vault.ts'
import { openConfig, openSecrets, signingSecrets } from '../store/sealing.ts'

// A row of a snapshot serves many attempts within the time that the snapshot is valid; it is opened once.
const opened = new WeakMap<WebhookRow, Destination>()

/**
 * A stored webhook ready to be sent to: its header values and secrets in clear. The current secret signs first,
 * then each rotated one until it expires.
 * @throws VaultError where a value was sealed with a key that is not among them.
 */
export async function openDestination(
  encryptionKeys: EncryptionKeys,
  row: WebhookRow,
  nowMs: number,
): Promise<Destination> {
  const known = opened.get(row)
  if (known !== undefined) return known
  const vault = await vaultOf(encryptionKeys)
  const [config, secrets] = await Promise.all([openConfig(vault, row), openSecrets(vault, row, nowMs)])
  const destination = { config, version: row.version, secrets: signingSecrets(secrets) }
  opened.set(row, destination)
  return destination
}
