import { SECRET_PREFIX } from '../lib/secret.ts'
import type { DeliveryContext } from './event.ts'

const USER_AGENT = 'call-webhook-relay/1'

/**
 * The headers that the relay puts on every delivery. The signature is that of Standard Webhooks, one for each
 * secret, newest first, so that a receiver may verify with either while a secret is being rotated.
 * @param signed the body, or for GET the query as sent
 */
export async function standardHeaders(delivery: {
  id: string
  timestampS: number
  signed: string
  secrets: readonly string[]
  context: DeliveryContext
}): Promise<[string, string][]> {
  const { id, timestampS, context } = delivery
  const content = new TextEncoder().encode(`${id}.${timestampS}.${delivery.signed}`)
  const signatures = await Promise.all(delivery.secrets.map((secret) => sign(secret, content)))
  const headers: [string, string][] = [
    ['webhook-id', id],
    ['webhook-timestamp', String(timestampS)],
    ['webhook-signature', signatures.join(' ')],
    ['webhook-trigger', context.event.trigger],
    ['webhook-call-id', headerText(context.event.call_id)],
    ['webhook-position', String(context.position)],
    ['webhook-attempt', String(context.attempt)],
    ['user-agent', USER_AGENT],
  ]
  if (context.late) headers.push(['webhook-late', 'true'])
  return headers
}

async function sign(secret: string, content: Uint8Array): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(SECRET_PREFIX.length)), (byte) => byte.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, content))))}`
}

/** A call id may hold what a header may not; what is not visible ASCII is percent-encoded, and so is `%`. */
function headerText(text: string): string {
  return /^[\x21-\x24\x26-\x7e]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed())
}
