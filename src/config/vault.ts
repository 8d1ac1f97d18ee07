/**
 * Encryption at rest for header values and signing secrets: AES-256-GCM, `v1.<key id>.<iv>.<ciphertext>`, each
 * part base64url. The key id tells a value that was sealed with another ENCRYPTION_KEY from one that is damaged.
 */
export interface Vault {
  seal(text: string): Promise<string>
  /** @throws VaultError where the value is damaged or was sealed with another key. */
  open(sealed: string): Promise<string>
}

export class VaultError extends Error {
  override readonly name = 'VaultError'
}

const IV_BYTES = 12
const KEY_ID_BYTES = 6
const BASE64URL = { alphabet: 'base64url', omitPadding: true } as const

// Finished vaults only: a pending promise belongs to the request that started it.
const vaults = new Map<string, Vault>()

/** The vault of an ENCRYPTION_KEY; its key is derived once in an isolate. */
export async function vaultOf(encryptionKey: string): Promise<Vault> {
  const known = vaults.get(encryptionKey)
  if (known !== undefined) return known
  const vault = await createVault(encryptionKey)
  vaults.set(encryptionKey, vault)
  return vault
}

async function createVault(encryptionKey: string): Promise<Vault> {
  const material = await crypto.subtle.importKey('raw', utf8(encryptionKey), 'HKDF', false, [
    'deriveKey',
    'deriveBits',
  ])
  const derivation = (info: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: utf8(info),
  })
  const key = await crypto.subtle.deriveKey(
    derivation('relay vault v1'),
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    ['encrypt', 'decrypt'],
  )
  const idBits = await crypto.subtle.deriveBits(
    derivation('relay vault v1 key id'),
    material,
    KEY_ID_BYTES * 8,
  )
  const keyId = new Uint8Array(idBits).toBase64(BASE64URL)
  return {
    async seal(text) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, utf8(text))
      return `v1.${keyId}.${iv.toBase64(BASE64URL)}.${new Uint8Array(sealed).toBase64(BASE64URL)}`
    },
    async open(sealed) {
      const [version, sealedBy, iv, ciphertext] = sealed.split('.')
      if (version !== 'v1' || iv === undefined || ciphertext === undefined)
        throw new VaultError('not a sealed value')
      if (sealedBy !== keyId) throw new VaultError('sealed with another ENCRYPTION_KEY')
      try {
        const algorithm = { name: 'AES-GCM', iv: Uint8Array.fromBase64(iv, BASE64URL) }
        return new TextDecoder().decode(
          await crypto.subtle.decrypt(algorithm, key, Uint8Array.fromBase64(ciphertext, BASE64URL)),
        )
      } catch {
        throw new VaultError('the sealed value is damaged')
      }
    },
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
