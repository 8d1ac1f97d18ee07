const BASE64URL = { alphabet: 'base64url', omitPadding: true } as const

/** A new API key: 256 random bits in base64url, behind `rk_`. */
export function newKey(bytes: Uint8Array): string {
  return `rk_${bytes.toBase64(BASE64URL)}`
}

/** How many random bytes `newKey` wants. */
export const KEY_BYTES = 32

/** What is stored of a key. It has 256 random bits, so a plain hash keeps it as safe as a slow one would. */
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
