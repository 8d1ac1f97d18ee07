import { createHmac } from 'node:crypto'

/**
 * HMAC-SHA-256 of a text's UTF-8, in Base64. Signing stands between the last look at a webhook's state and its request, so
 * nothing may be awaited, and WebCrypto has nothing to offer. Node's HMAC, which workerd has in itself, takes 4, 6 and
 * 12.5 µs for 0.3, 1.9 and 8 KB (WebCrypto the same); one written in TypeScript 3, 10.5 and 39. It costs 2 MB of memory
 * and nothing of the bundle.
 */
export function hmacSha256(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('base64')
}
