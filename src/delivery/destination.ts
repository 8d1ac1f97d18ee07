import QuickLRU from 'quick-lru'
import * as v from 'valibot'
import type { PreviousSecret, WebhookConfig } from '../contracts/webhook.ts'
import type { EncryptionKeys } from '../lib/settings.ts'
import { vaultOf } from '../store/vault.ts'
import type { Destination } from './attempt.ts'

/** What of a webhook's row is sent to. Its header values and secrets are sealed. */
export interface SealedWebhook extends WebhookConfig {
  readonly id: string
  readonly version: number
  /** Sealed JSON of `Secrets`. */
  readonly secrets: string
}

interface Opened {
  readonly row: SealedWebhook
  readonly destination: Destination
}

/** For as long as somebody has the row. */
const byRow = new WeakMap<SealedWebhook, Destination>()
// A row comes again as another object with each change of its account and with each job, mostly as it was.
const byId = new QuickLRU<string, Opened>({ maxSize: 1_000 })

const secretsSchema = v.object({
  current: v.string(),
  previous: v.array(v.object({ secret: v.string(), expires_at: v.number() })),
})

/** The destination of a webhook if its row was opened before and says the same still; else null. */
export function knownDestination(row: SealedWebhook): Destination | null {
  const same = byRow.get(row)
  if (same !== undefined) return same
  const known = byId.get(row.id)
  if (known === undefined || !isSame(known.row, row)) return null
  byRow.set(row, known.destination)
  return known.destination
}

/**
 * A stored webhook ready to be sent to: its header values and secrets in clear. It is the same object until the row
 * says something else.
 * @throws VaultError if a value was sealed with a key that is not among them
 */
export async function openDestination(
  encryptionKeys: EncryptionKeys,
  row: SealedWebhook,
): Promise<Destination> {
  const known = knownDestination(row)
  if (known !== null) return known
  const vault = await vaultOf(encryptionKeys)
  const [secrets, ...values] = await Promise.all(
    [row.secrets, ...row.headers.map(({ value }) => value)].map(async (sealed) => vault.open(sealed)),
  )
  const { current, previous } = v.parse(secretsSchema, JSON.parse(secrets ?? ''))
  const headers = row.headers.map(({ key }, at) => ({ key, value: values[at] ?? '' }))
  const destination: Destination = {
    config: { ...row, headers },
    version: row.version,
    secrets: [current],
    previous: previous satisfies PreviousSecret[],
  }
  byRow.set(row, destination)
  byId.set(row.id, { row, destination })
  return destination
}

function isSame(a: SealedWebhook, b: SealedWebhook): boolean {
  return (
    a.version === b.version &&
    a.secrets === b.secrets &&
    a.headers.length === b.headers.length &&
    a.headers.every(({ key, value }, at) => key === b.headers[at]?.key && value === b.headers[at].value)
  )
}
