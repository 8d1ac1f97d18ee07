import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkTarget } from '../../src/dispatch/target.ts'

const isAllowed = (url: string, allowPrivate = false): boolean => checkTarget(url, { allowPrivate }).ok

describe('a target in production', () => {
  test.each([
    'https://crm.example.com',
    'https://crm.example.com./hook',
    'https://crm.example.com/hooks?token=a@b&x=1#top',
    'https://CRM.Example.com:443/',
    'https://crm.example.com:80/',
    'https://crm.example.com:8443/',
    'https://crm.example.com:65535/',
    'https://8.8.8.8/hook',
    'https://172.15.0.1/',
    'https://172.32.0.1/',
    'https://100.128.0.1/',
    'https://[2606:4700:4700::1111]/',
    'https://bücher.example/',
    'https://metadata.acme.com/',
    'https://mylocalhost.com/',
    'https://notnip.io/',
  ])('%s is allowed', (url) => {
    expect(checkTarget(url, { allowPrivate: false })).toEqual({ ok: true })
  })

  test.each([
    ['http://crm.example.com/', 'https'],
    ['ftp://crm.example.com/', 'http'],
    ['file:///etc/passwd', 'http'],
    ['javascript:alert(1)', 'http'],
    ['crm.example.com/hook', 'URL'],
    ['https://', 'URL'],
    ['', 'URL'],
    ['https://a b.example.com/', 'URL'],
    ['https://1.2.3.4.5/', 'URL'],
    ['https://user@crm.example.com/', 'password'],
    ['https://user:pass@crm.example.com/', 'password'],
    ['https://:pass@crm.example.com/', 'password'],
    ['https://@crm.example.com/', 'password'],
    ['https://crm.example.com:22/', 'port'],
    ['https://crm.example.com:1023/', 'port'],
    ['https://crm.example.com:0/', 'port'],
    ['https://localhost/', 'public'],
    ['https://LOCALHOST./', 'public'],
    ['https://api.localhost/', 'public'],
    ['https://intranet/', 'public'],
    ['https://crm.local/', 'public'],
    ['https://crm.local./', 'public'],
    ['https://crm.corp.internal/', 'public'],
    ['https://metadata.google.internal/computeMetadata/v1/', 'public'],
    ['https://metadata.goog/', 'public'],
    ['https://169.254.169.254/latest/meta-data/', 'public'],
    ['https://168.63.129.16/', 'public'],
    ['https://100.100.100.200/', 'public'],
    ['https://[fd00:ec2::254]/', 'public'],
    ['https://127.0.0.1.nip.io/', 'public'],
    ['https://app-10-0-0-1.sslip.io/', 'public'],
    ['https://7f000001.nip.io./', 'public'],
    ['https://lvh.me/', 'public'],
    ['https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/', 'public'],
    ['https://%6c%6f%63alhost/', 'public'],
    ['https://0/', 'public'],
    ['https://127.1/', 'public'],
    ['https://0x7f.1/', 'public'],
    ['https://017700000001/', 'public'],
    ['https://2130706433/', 'public'],
    ['https://127。0。0。1/', 'public'],
    ['https://[::]/', 'public'],
    ['https://[::1]/', 'public'],
    ['https://[::ffff:8.8.8.8]/', 'public'],
  ])('%j is refused: %s', (url, why) => {
    expect(checkTarget(url, { allowPrivate: false })).toEqual({
      ok: false,
      reason: expect.stringContaining(why),
    })
  })
})

describe('a target where private ones are allowed', () => {
  test.each([
    'http://127.0.0.1:8080/',
    'http://localhost:22/',
    'https://[::1]/',
    'http://crm/',
    'http://10.0.0.1.nip.io/',
  ])('%s is allowed', (url) => {
    expect(isAllowed(url, true)).toBe(true)
  })

  test.each([
    'http://user@127.0.0.1/',
    'http://:p@localhost/',
    'http://@localhost/',
    'ftp://localhost/',
    'gopher://x/',
    'nowhere',
    '//x/',
    '',
  ])('%j is refused nevertheless', (url) => {
    expect(isAllowed(url, true)).toBe(false)
  })
})

/** Ranges as first address and prefix length. */
const FORBIDDEN_V4: [number[], number][] = [
  [[0, 0, 0, 0], 8],
  [[10, 0, 0, 0], 8],
  [[100, 64, 0, 0], 10],
  [[127, 0, 0, 0], 8],
  [[169, 254, 0, 0], 16],
  [[172, 16, 0, 0], 12],
  [[192, 0, 0, 0], 24],
  [[192, 0, 2, 0], 24],
  [[192, 168, 0, 0], 16],
  [[198, 18, 0, 0], 15],
  [[198, 51, 100, 0], 24],
  [[203, 0, 113, 0], 24],
  [[224, 0, 0, 0], 4],
  [[240, 0, 0, 0], 4],
]

const word = (bytes: readonly number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0)
const forbiddenV4 = fc
  .tuple(fc.constantFrom(...FORBIDDEN_V4), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
  .map(([[first, prefix], random]) => word(first) + (random % 2 ** (32 - prefix)))
const anyV4 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const bytesOf = (address: number): number[] =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256)

const radix = fc.constantFrom(
  (part: number) => String(part),
  (part: number) => `0${part.toString(8)}`,
  (part: number) => `0x${part.toString(16)}`,
  (part: number) => `0X000${part.toString(16).toUpperCase()}`,
)
/** A host that the URL parser reads as the IPv4 address: one to four parts, each in a base of its own. */
const spelling = (address: fc.Arbitrary<number>): fc.Arbitrary<string> =>
  fc
    .record({
      address,
      parts: fc.integer({ min: 1, max: 4 }),
      radixes: fc.tuple(radix, radix, radix, radix),
      dressed: fc.constantFrom<(host: string) => string>(
        (host) => host,
        (host) => `${host}.`,
        (host) => host.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
        (host) => host.replaceAll('.', '。'),
        (host) => host.replace(/[0-9]/g, (digit) => `%3${digit}`),
      ),
    })
    .map(({ address: value, parts, radixes, dressed }) => {
      const bytes = bytesOf(value)
      const numbers = [...bytes.slice(0, parts - 1), word(bytes.slice(parts - 1))]
      return dressed(numbers.map((part, index) => radixes[index]?.(part) ?? '').join('.'))
    })

const hextets = (...pairs: number[]): string[] => pairs.map((pair) => pair.toString(16))
const random16 = fc.integer({ min: 0, max: 0xffff })
const tail = (count: number): fc.Arbitrary<number[]> =>
  fc.array(random16, { minLength: count, maxLength: count })
const low = (address: number): [number, number] => [Math.floor(address / 65536), address % 65536]
/** IPv6 addresses that are not public, or that carry an IPv4 address. */
const forbiddenV6 = fc.oneof(
  anyV4.map((v4) => [0, 0, 0, 0, 0, 0xffff, ...low(v4)]),
  anyV4.map((v4) => [0, 0, 0, 0, 0, 0, ...low(v4)]),
  anyV4.map((v4) => [0, 0, 0, 0, 0xffff, 0, ...low(v4)]),
  anyV4.map((v4) => [0x64, 0xff9b, 0, 0, 0, 0, ...low(v4)]),
  tail(5).map((rest) => [0x64, 0xff9b, 1, ...rest]),
  fc.tuple(anyV4, tail(5)).map(([v4, rest]) => [0x2002, ...low(v4), ...rest]),
  tail(6).map((rest) => [0x2001, 0, ...rest]),
  tail(6).map((rest) => [0x2001, 0xdb8, ...rest]),
  fc.tuple(fc.integer({ min: 0xfc00, max: 0xfdff }), tail(7)).map(([first, rest]) => [first, ...rest]),
  fc.tuple(fc.integer({ min: 0xfe80, max: 0xfeff }), tail(7)).map(([first, rest]) => [first, ...rest]),
  fc.tuple(fc.integer({ min: 0xff00, max: 0xffff }), tail(7)).map(([first, rest]) => [first, ...rest]),
  fc
    .tuple(fc.integer({ min: 0x3ff0, max: 0x3fff }), tail(6))
    .map(([second, rest]) => [0x3fff, second % 0x1000, ...rest]),
  fc.constant([0, 0, 0, 0, 0, 0, 0, 1]),
)
const v6Spelling = forbiddenV6.chain((address) =>
  fc.constantFrom(
    hextets(...address).join(':'),
    hextets(...address)
      .join(':')
      .toUpperCase(),
    hextets(...address)
      .map((part) => part.padStart(4, '0'))
      .join(':'),
    `${hextets(...address.slice(0, 6)).join(':')}:${bytesOf((address[6] ?? 0) * 65536 + (address[7] ?? 0)).join('.')}`,
  ),
)

describe('no spelling of a forbidden address passes', () => {
  test('IPv4: parts, bases, full-width digits, percent-encoding, trailing dots', () => {
    fc.assert(
      fc.property(spelling(forbiddenV4), (host) => {
        // The spelling must be one that the parser takes, or the test would pass for the wrong reason.
        expect(URL.parse(`https://${host}/`)?.hostname, host).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
        expect(isAllowed(`https://${host}/hook`), host).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('IPv6: every range that is not public, every embedding of IPv4', () => {
    fc.assert(
      fc.property(v6Spelling, (host) => {
        expect(URL.canParse(`https://[${host}]/`), host).toBe(true)
        expect(isAllowed(`https://[${host}]/hook`), host).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('names under a service that resolves to the address in the name', () => {
    const suffix = fc.constantFrom('nip.io', 'sslip.io', 'xip.io', 'NIP.IO.')
    const separator = fc.constantFrom('.', '-')
    fc.assert(
      fc.property(
        forbiddenV4,
        separator,
        suffix,
        fc.constantFrom('', 'app.', 'app-'),
        (address, between, under, before) => {
          expect(isAllowed(`https://${before}${bytesOf(address).join(between)}.${under}/`)).toBe(false)
        },
      ),
    )
  })
})

test('public addresses pass in whatever spelling', () => {
  fc.assert(
    fc.property(
      spelling(fc.constantFrom(word([8, 8, 8, 8]), word([52, 95, 110, 1]), word([223, 255, 255, 254]))),
      (host) => {
        expect(isAllowed(`https://${host}/`), host).toBe(true)
      },
    ),
  )
})
