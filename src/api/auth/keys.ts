const BASE64URL = { alphabet: 'base64url', omitPadding: true } as const

const KEY_BYTES = 32

/** What tells what a secret of the relay's is for: an API key, a browser session, a portal link. */
type KeyPrefix = 'rk' | 'rs' | 'rl'

/** A new secret: 256 random bits in base64url, behind its prefix. */
export function newKey(prefix: KeyPrefix): string {
  return `${prefix}_${crypto.getRandomValues(new Uint8Array(KEY_BYTES)).toBase64(BASE64URL)}`
}

/**
 * What is stored of a key, of the token of a session or of that of a link. A slow hash makes guesses dear, which helps
 * what people think up. These have 256 random bits: nobody guesses them, however fast, and each request would pay.
 */
export async function hashKey(key: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
  return new Uint8Array(hash).toBase64(BASE64URL)
}

/** Compares two hashes in a time that does not tell where they differ. */
export function sameHash(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index += 1) difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}
