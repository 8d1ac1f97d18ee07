import type { PreviousSecret } from '../contracts/webhook.ts'
import type { DeliveryContext } from './event.ts'
import { hmacSha256 } from './hmac.ts'

const SECRET_PREFIX = 'whsec_'
const USER_AGENT = 'call-webhook-relay/1'

/** A signing secret of Standard Webhooks out of 24 to 64 random bytes. */
export function newSecret(bytes: Uint8Array): string {
  return SECRET_PREFIX + btoa(String.fromCharCode(...bytes))
}

/** What signs a webhook's requests, ready for use. */
export interface Signer {
  readonly keys: readonly Uint8Array[]
  /** Rotated out, newest first; each signs until `expiresAtMs`. */
  readonly previous: readonly { key: Uint8Array; expiresAtMs: number }[]
}

export function signerOf(secrets: readonly string[], previous: readonly PreviousSecret[] = []): Signer {
  return {
    keys: secrets.map(keyOf),
    previous: previous.map(({ secret, expires_at }) => ({ key: keyOf(secret), expiresAtMs: expires_at })),
  }
}

/**
 * The signature of Standard Webhooks, one for each secret, newest first, so that a receiver may verify with either
 * while a secret is being rotated.
 * @param signed the body, or for GET the query as sent
 */
export function signatureOf(signer: Signer, id: string, nowMs: number, signed: string): string {
  const content = `${id}.${Math.floor(nowMs / 1000)}.${signed}`
  let signature = ''
  for (const key of signer.keys) signature += `${signature === '' ? '' : ' '}v1,${hmacSha256(key, content)}`
  for (const { key, expiresAtMs } of signer.previous) {
    if (expiresAtMs > nowMs) signature += ` v1,${hmacSha256(key, content)}`
  }
  return signature
}

/** The headers that the relay puts on every delivery. */
export function standardHeaders(delivery: {
  id: string
  timestampS: number
  signed: string
  secrets: readonly string[]
  context: DeliveryContext
}): [string, string][] {
  const signature = signatureOf(
    signerOf(delivery.secrets),
    delivery.id,
    delivery.timestampS * 1000,
    delivery.signed,
  )
  return Object.entries(putHeaders({}, delivery.id, delivery.timestampS, signature, delivery.context))
}

/** Puts the relay's headers after those that are there. */
export function putHeaders(
  headers: Record<string, string>,
  id: string,
  timestampS: number,
  signature: string,
  context: DeliveryContext,
): Record<string, string> {
  headers['webhook-id'] = id
  headers['webhook-timestamp'] = String(timestampS)
  headers['webhook-signature'] = signature
  headers['webhook-trigger'] = context.event.trigger
  headers['webhook-call-id'] = headerText(context.event.call_id)
  headers['webhook-position'] = String(context.position)
  headers['webhook-attempt'] = String(context.attempt)
  headers['user-agent'] = USER_AGENT
  if (context.late) headers['webhook-late'] = 'true'
  if (context.test === true) headers['webhook-test'] = 'true'
  return headers
}

function keyOf(secret: string): Uint8Array {
  return Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (byte) => byte.charCodeAt(0))
}

/** A call id may hold what a header may not; what is not visible ASCII is percent-encoded, and so is `%`. */
function headerText(text: string): string {
  return /^[\x21-\x24\x26-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed())
}
