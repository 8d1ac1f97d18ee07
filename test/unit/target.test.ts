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
    ['https://127.0.0.1./', 'public'],
    ['https://0177.0.0.1/', 'public'],
    ['https://0x7f000001/', 'public'],
    ['https://0xA9FEA9FE/latest/meta-data/', 'public'],
    ['https://2852039166/latest/meta-data/', 'public'],
    ['https://0251.0376.0251.0376/', 'public'],
    ['https://１６９.２５４.１６９.２５４/', 'public'],
    ['https://①②⑦.⓪.⓪.①/', 'public'],
    ['https://%31%32%37.0.0.1/', 'public'],
    ['https://10.1/', 'public'],
    ['https://192.168.257/', 'public'],
    ['https://172.31.255.255/', 'public'],
    ['https://100.64.0.1/', 'public'],
    ['https://192.0.2.1/', 'public'],
    ['https://198.19.0.1/', 'public'],
    ['https://203.0.113.9/', 'public'],
    ['https://224.0.0.1/', 'public'],
    ['https://255.255.255.255/', 'public'],
    ['https://0.0.0.0/', 'public'],
    ['https://[0:0:0:0:0:0:0:1]/', 'public'],
    ['https://[::127.0.0.1]/', 'public'],
    ['https://[::ffff:127.0.0.1]/', 'public'],
    ['https://[::FFFF:7F00:1]/', 'public'],
    ['https://[::ffff:a9fe:a9fe]/', 'public'],
    ['https://[64:ff9b::7f00:1]/', 'public'],
    ['https://[64:ff9b:1::169.254.169.254]/', 'public'],
    ['https://[2002:7f00:1::]/', 'public'],
    ['https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', 'public'],
    ['https://[fe80::1]/', 'public'],
    ['https://[fe80::1%25eth0]/', 'URL'],
    ['https://[fec0::1]/', 'public'],
    ['https://[fc00::1]/', 'public'],
    ['https://[ff02::1]/', 'public'],
    ['https://[2001:db8::1]/', 'public'],
    ['https://[100::1]/', 'public'],
    ['https://foo.localhost/', 'public'],
    ['https://localhost.localdomain/', 'public'],
    ['https://metadata/computeMetadata/v1/', 'public'],
    ['https://instance-data.ec2.internal/', 'public'],
    ['https://10-0-0-1.sslip.io/', 'public'],
    ['https://app.localtest.me/', 'public'],
    ['https://ｌｏｃａｌｈｏｓｔ/', 'public'],
    ['https://lоcalhost/', 'public'],
    ['https://router.home.arpa/', 'public'],
    ['https://mail.corp/', 'public'],
    ['https://shop.test/', 'public'],
    ['https://crm..example.com/', 'public'],
    ['https:\\\\127.0.0.1\\hook', 'public'],
    ['https:127.0.0.1', 'public'],
    ['https:///127.0.0.1/', 'public'],
    ['https://crm.example.com\\@127.0.0.1/', 'password'],
    ['https://crm.example.com@127.0.0.1/', 'password'],
    ['https://crm.example.com%40x@127.0.0.1/', 'password'],
    ['https://crm.example.com#@127.0.0.1:22/\n', 'control'],
    ['https:@crm.example.com/', 'password'],
    ['https://127.0.\t0.1/', 'control'],
    ['ht\ntps://crm.example.com/', 'control'],
    ['https://crm.exam\r\nple.com/', 'control'],
    ['https://crm.example.com/\u0000', 'control'],
    ['ws://crm.example.com/', 'http'],
    ['data:text/plain,x', 'http'],
    ['blob:https://crm.example.com/x', 'http'],
    ['https://crm.example.com:65536/', 'URL'],
    ['https://crm.example.com:25/', 'port'],
    ['https://256.256.256.256/', 'URL'],
  ])('%j is refused: %s', (url, why) => {
    expect(checkTarget(url, { allowPrivate: false })).toEqual({
      ok: false,
      reason: expect.stringContaining(why),
    })
  })
})

describe('a target where private ones are allowed', () => {
  test.each([
    'https://crm.example.com/',
    'http://crm.example.com:80/',
    'http://127.0.0.1:8080/',
    'http://0.0.0.0:8080/',
    'http://10.0.0.1/',
    'http://192.168.1.20:3000/',
    'http://100.64.0.1/',
    'http://localhost:3000/',
    'http://api.localhost/',
    'https://[::1]/',
    'http://[::ffff:127.0.0.1]:8080/',
    'http://[fd12::1]/',
    'http://crm/',
    'http://crm.internal/',
    'http://receiver.test/',
    'http://10.0.0.1.nip.io/',
  ])('%s is allowed', (url) => {
    expect(checkTarget(url, { allowPrivate: true })).toEqual({ ok: true })
  })

  test.each([
    'http://user@127.0.0.1/',
    'http://:p@localhost/',
    'http://@localhost/',
    'ftp://localhost/',
    'gopher://x/',
    'file:///etc/passwd',
    'nowhere',
    '//x/',
    '',
    'http://local\nhost/',
    'http://localhost:22/',
    'http://crm.example.com:25/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:6464:64c8]/',
    'http://[fd00:ec2::254]/',
    'http://[fd00:0ec2:0::0254]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://metadata.google.internal/',
    'http://METADATA.google.internal./',
    'http://metadata.goog/',
    'http://instance-data/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://192.0.2.1/',
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

test('the addresses of metadata services are refused in every spelling even where private ones are allowed', () => {
  const metadata = fc.constantFrom(
    word([169, 254, 169, 254]),
    word([168, 63, 129, 16]),
    word([100, 100, 100, 200]),
  )
  fc.assert(
    fc.property(spelling(metadata), (host) => {
      expect(isAllowed(`http://${host}/`, true), host).toBe(false)
    }),
  )
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
