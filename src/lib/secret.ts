const SECRET_BYTES = 32

/** What a signing secret of Standard Webhooks begins with. */
export const SECRET_PREFIX = 'whsec_'

/** A signing secret of Standard Webhooks out of 24 to 64 random bytes. */
export function newSecret(bytes: Uint8Array): string {
  return SECRET_PREFIX + btoa(String.fromCharCode(...bytes))
}

/** A signing secret that nobody has yet. */
export function freshSecret(): string {
  return newSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
}
