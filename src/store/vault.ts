import type { EncryptionKeys } from '../lib/settings.ts'

/**
 * Encryption at rest for header values and signing secrets: AES-256-GCM, `v1.<key id>.<iv>.<ciphertext>`, each
 * part base64url. The key id says which ENCRYPTION_KEY sealed a value, so that former keys can open what they
 * sealed, and a value of an unknown key is told from one that is damaged.
 */
export interface Vault {
  /** With the current key. */
  seal(text: string): Promise<string>
  /** @throws VaultError where the value is damaged, or none of the keys sealed it. */
  open(sealed: string): Promise<string>
  /** Names the current key, and tells nothing of it. */
  readonly keyId: string
  /** What a value begins with that a key has sealed: the current key, and the former ones. */
  readonly prefix: string
  readonly formerPrefixes: readonly string[]
}

export class VaultError extends Error {
  override readonly name = 'VaultError'
}

const IV_BYTES = 12
const KEY_ID_BYTES = 6
const BASE64URL = { alphabet: 'base64url', omitPadding: true } as const

// Finished vaults only: a pending promise belongs to the request that started it.
const vaults = new Map<string, Vault>()

/** The vault of the encryption keys; they are derived once in an isolate. */
export async function vaultOf(encryptionKeys: EncryptionKeys): Promise<Vault> {
  const name = JSON.stringify(encryptionKeys)
  const known = vaults.get(name)
  if (known !== undefined) return known
  const [current, ...former] = encryptionKeys
  const vault = createVault(await derive(current), await Promise.all(former.map(derive)))
  vaults.set(name, vault)
  return vault
}

type DerivedKey = Awaited<ReturnType<typeof derive>>

async function derive(encryptionKey: string) {
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
  const id = new Uint8Array(idBits).toBase64(BASE64URL)
  return { id, prefix: `v1.${id}.`, key }
}

function createVault(current: DerivedKey, former: readonly DerivedKey[]): Vault {
  return {
    keyId: current.id,
    prefix: current.prefix,
    formerPrefixes: former.map((each) => each.prefix).filter((prefix) => prefix !== current.prefix),
    async seal(text) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, current.key, utf8(text))
      return `${current.prefix}${iv.toBase64(BASE64URL)}.${new Uint8Array(sealed).toBase64(BASE64URL)}`
    },
    async open(sealed) {
      const [version, keyId, iv, ciphertext] = sealed.split('.')
      if (version !== 'v1' || iv === undefined || ciphertext === undefined)
        throw new VaultError('not a sealed value')
      const sealedBy = [current, ...former].find((each) => each.id === keyId)
      if (sealedBy === undefined) throw new VaultError('sealed with another ENCRYPTION_KEY')
      try {
        const algorithm = { name: 'AES-GCM', iv: Uint8Array.fromBase64(iv, BASE64URL) }
        return new TextDecoder().decode(
          await crypto.subtle.decrypt(algorithm, sealedBy.key, Uint8Array.fromBase64(ciphertext, BASE64URL)),
        )
      } catch {
        throw new VaultError('the sealed value is damaged')
      }
    },
  }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  // A copy, for its type: the encoder's says nothing of its buffer, and Web Crypto takes no shared one.
  return new Uint8Array(new TextEncoder().encode(text))
}
