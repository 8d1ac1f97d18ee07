import { createHash } from 'node:crypto'

/** SHA-256 of a text's UTF-8, in Base64 that may stand in a URL. At once, which WebCrypto is not: lists take one for each row. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
