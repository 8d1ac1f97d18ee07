import type { EncryptionKeys } from '../../lib/settings.ts'

/**
 * What is stored of the ADMIN_KEY with a session or link that it made, so that another ADMIN_KEY ends them. People think
 * ADMIN_KEY up, so it is hashed with the ENCRYPTION_KEY: who has the database alone cannot try guesses.
 * @returns the mark that is given now, and those that were given with former encryption keys
 */
export async function adminMarks(settings: {
  adminKey: string
  encryptionKeys: EncryptionKeys
}): Promise<[current: string, ...former: string[]]> {
  const [current, ...former] = settings.encryptionKeys
  const mark = async (encryptionKey: string) => markOf(settings.adminKey, encryptionKey)
  return [await mark(current), ...(await Promise.all(former.map(mark)))]
}

async function markOf(adminKey: string, encryptionKey: string): Promise<string> {
  const utf8 = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(encryptionKey), algorithm, false, ['sign'])
  const mark = await crypto.subtle.sign('HMAC', key, utf8.encode(`relay admin mark v1 ${adminKey}`))
  return new Uint8Array(mark).toBase64({ alphabet: 'base64url', omitPadding: true })
}
