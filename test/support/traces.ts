/** Bytes as a string of a character each, which is what files and answers are searched as. */
function binary(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

export function utf8(text: string): string {
  return binary(new TextEncoder().encode(text))
}

/** The part of the base64 of anything that holds the bytes which is the same whatever stands around them. */
function base64Cores(bytes: string): string[] {
  return [0, 1, 2].map((offset) => {
    const text = btoa('\0'.repeat(offset) + bytes)
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
  })
}

/** How a secret may stand in a file or an answer: each in bytes, as `utf8` makes them. */
export function spellingsOf(secret: string): Record<string, string> {
  const bytes = utf8(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  const hex = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('')
  const cores = base64Cores(bytes)
  const named: [string, string][] = [
    ['UTF-8', bytes],
    ['UTF-16', Array.from(secret, (unit) => binary(utf16(unit))).join('')],
    ['JSON', utf8(json)],
    ['JSON in JSON', utf8(JSON.stringify(json).slice(1, -1))],
    ['URL', encodeURIComponent(secret)],
    ['form', new URLSearchParams({ '': secret }).toString().slice(1)],
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ...cores.map((core, index): [string, string] => [`base64 at ${index}`, core]),
    ...cores.map((core, index): [string, string] => [
      `base64url at ${index}`,
      core.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ]
  // A signing secret is bytes, and might stand anywhere without its prefix.
  const inside = /^whsec_(.*)$/.exec(secret)?.[1]
  if (inside !== undefined) named.push(['bytes', atob(inside)], ['base64', inside])
  return Object.fromEntries(named)
}

function utf16(character: string): Uint8Array {
  return Uint8Array.from(
    Array.from({ length: character.length }, (_, index) => character.charCodeAt(index)).flatMap((unit) => [
      unit & 0xff,
      unit >> 8,
    ]),
  )
}

/** Which of the secrets, by name, stand in the bytes, and in what spelling. */
export function tracesIn(bytes: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    Object.entries(spellingsOf(secret)).flatMap(([spelling, text]) =>
      bytes.includes(text) ? [`${name} as ${spelling}`] : [],
    ),
  )
}
