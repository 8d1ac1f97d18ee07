// What the Worker uses of Node's crypto. The types of all of Node would let the rest of Node in as well.
declare module 'node:crypto' {
  interface Hmac {
    update(text: string, encoding: 'utf8'): Hmac
    digest(encoding: 'base64'): string
  }
  function createHmac(algorithm: 'sha256', key: Uint8Array): Hmac
  interface Hash {
    update(text: string, encoding: 'utf8'): Hash
    digest(encoding: 'base64url'): string
  }
  function createHash(algorithm: 'sha256'): Hash
}
