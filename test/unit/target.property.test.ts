import ipaddr from 'ipaddr.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkTarget } from '../../src/delivery/target.ts'

/**
 * What is not public, written down apart from the code under test: the special-purpose registries of IANA, and
 * the metadata services that sit on public addresses.
 */
const FORBIDDEN_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const
const FORBIDDEN_V6 = [
  ['::', 128],
  ['::1', 128],
  ['::ffff:0:0', 96],
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:2::', 48],
  ['2001:20::', 28],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const
/** Networks that are handed out to somebody. */
const PUBLIC_V4 = [
  ['1.1.1.0', 24],
  ['8.0.0.0', 9],
  ['52.0.0.0', 10],
  ['103.0.0.0', 10],
  ['185.0.0.0', 9],
] as const
const PUBLIC_V6 = [
  ['2400:cb00::', 32],
  ['2606:4700::', 32],
  ['2a00:1450::', 32],
] as const

type Ranges = readonly (readonly [first: string, prefix: number])[]

/** An address as bytes, each range as likely as any other, and each address of it. */
const addressIn = (ranges: Ranges): fc.Arbitrary<number[]> =>
  fc.constantFrom(...ranges).chain(([first, prefix]) => {
    const start = ipaddr.parse(first).toByteArray()
    return fc
      .array(fc.integer({ min: 0, max: 255 }), { minLength: start.length, maxLength: start.length })
      .map((random) =>
        start.map((byte, index) => {
          const free = 0xff >> Math.min(8, Math.max(0, prefix - index * 8))
          return (byte & ~free) | ((random[index] ?? 0) & free)
        }),
      )
  })

const valueOf = (bytes: readonly number[]): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0)

/** A choice for each character, as many as are needed. */
const choices = fc.infiniteStream(fc.nat({ max: 999 }))
type Choose = <T>(...of: readonly T[]) => T
const chooser = (stream: Iterator<number>): Choose => {
  return (...of) => {
    const chosen = of[(stream.next().value ?? 0) % of.length]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }
}

const mixedCase = (text: string, choose: Choose): string =>
  text.replace(/[a-z]/g, (letter) => choose(letter, letter.toUpperCase()))

const number = (value: number, choose: Choose): string => {
  const zeros = '0'.repeat(choose(0, 0, 1, 7))
  return choose(
    String(value),
    `0${zeros}${value.toString(8)}`,
    mixedCase(`0x${zeros}${value.toString(16)}`, choose),
  )
}

/** Other characters that name preparation (UTS 46) turns into the same digit or letter. */
const lookalikes = (character: string): string[] => {
  const offset = '0123456789'.indexOf(character)
  if (offset >= 0) {
    const circled = offset === 0 ? '⓪' : String.fromCodePoint(0x2460 + offset - 1)
    return [0xff10, 0x1d7ce, 0x1d7e2].map((zero) => String.fromCodePoint(zero + offset)).concat(circled)
  }
  const letter = 'abcdefghijklmnopqrstuvwxyz'.indexOf(character.toLowerCase())
  if (letter >= 0) return [0xff41, 0x24d0, 0x1d41a].map((a) => String.fromCodePoint(a + letter))
  return ['。', '．', '｡']
}

const percentEncoded = (character: string): string =>
  [...new TextEncoder().encode(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** A host that the URL parser reads as the IPv4 address: one to four parts, each in a base of its own, in disguise. */
const v4Host = (address: readonly number[], choose: Choose): string => {
  const parts = choose(1, 2, 3, 4, 4)
  const numbers = [...address.slice(0, parts - 1), valueOf(address.slice(parts - 1))]
  const plain = numbers.map((each) => number(each, choose)).join('.') + choose('', '', '.')
  const disguise = choose('none', 'none', 'lookalikes', 'percent', 'both')
  return Array.from(plain)
    .map((character) => {
      const looks =
        disguise === 'lookalikes' || disguise === 'both'
          ? choose(character, ...lookalikes(character))
          : character
      return disguise === 'percent' || disguise === 'both' ? choose(looks, percentEncoded(looks)) : looks
    })
    .join('')
}

/** The IPv6 address in brackets: leading zeros, either case, any run of zeros left out, its end as IPv4. */
const v6Host = (address: readonly number[], choose: Choose): string => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address[index * 2] ?? 0) * 256 + (address[index * 2 + 1] ?? 0)).toString(16),
  )
  const written = (some: readonly string[]): string =>
    some.map((group) => mixedCase(group.padStart(choose(1, 4), '0'), choose)).join(':')
  const dotted = choose(false, true)
  const shown = dotted ? groups.slice(0, 6) : groups
  const end = dotted ? address.slice(12).join('.') : ''
  const zeros = [...shown.keys()].flatMap((first) =>
    [...shown.keys()]
      .filter((last) => last >= first && shown.slice(first, last + 1).every((group) => group === '0'))
      .map((last) => [first, last] as const),
  )
  const run = choose(null, ...zeros)
  if (run === null) return `[${[written(shown), end].filter((part) => part !== '').join(':')}]`
  const after = [written(shown.slice(run[1] + 1)), end].filter((part) => part !== '').join(':')
  return `[${written(shown.slice(0, run[0]))}::${after}]`
}

/** IPv6 addresses that carry the IPv4 address somewhere. */
const carriers = (v4: readonly number[], choose: Choose): number[] => {
  const at = (prefix: string, offset: number): number[] => {
    const bytes = ipaddr.parse(prefix).toByteArray()
    bytes.splice(offset, 4, ...v4)
    return bytes
  }
  const teredo = ipaddr.parse('2001::').toByteArray()
  teredo.splice(12, 4, ...v4.map((byte) => byte ^ 0xff))
  return choose(
    at('::ffff:0:0', 12),
    at('::', 12),
    at('::ffff:0:0:0', 12),
    at('64:ff9b::', 12),
    at('64:ff9b:1::', 12),
    at('2002::', 2),
    teredo,
  )
}

const spelled = (
  addresses: fc.Arbitrary<number[]>,
  spell: (address: readonly number[], choose: Choose) => string,
): fc.Arbitrary<string> =>
  fc.tuple(addresses, choices).map(([address, stream]) => spell(address, chooser(stream)))

const isAllowed = (host: string, allowPrivate = false): boolean =>
  checkTarget(`https://${host}/hook`, { allowPrivate }).ok

/** The spelling must be one that the parser takes, or a property would hold for the wrong reason. */
const parsed = (host: string): string => URL.parse(`https://${host}/`)?.hostname ?? 'no URL'

describe('no spelling of a forbidden address passes', () => {
  test('IPv4: parts, bases, zeros, look-alikes, percent-encoding, trailing dots', () => {
    fc.assert(
      fc.property(spelled(addressIn(FORBIDDEN_V4), v4Host), (host) => {
        expect(parsed(host), host).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
        expect(isAllowed(host), host).toBe(false)
      }),
      { numRuns: 5_000 },
    )
  })

  test('IPv6: every range that is not public', () => {
    fc.assert(
      fc.property(spelled(addressIn(FORBIDDEN_V6), v6Host), (host) => {
        expect(parsed(host), host).toMatch(/^\[[0-9a-f:]+\]$/)
        expect(isAllowed(host), host).toBe(false)
      }),
      { numRuns: 5_000 },
    )
  })

  test('IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo', () => {
    const host = spelled(addressIn(FORBIDDEN_V4), (address, choose) =>
      v6Host(carriers(address, choose), choose),
    )
    fc.assert(
      fc.property(host, (each) => {
        expect(parsed(each), each).toMatch(/^\[[0-9a-f:]+\]$/)
        expect(isAllowed(each), each).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  test('names that hold the address, under a service that answers with it or under anybody', () => {
    const host = spelled(addressIn(FORBIDDEN_V4), (address, choose) => {
      const written = address.join(choose('.', '-'))
      return `${choose('', 'app.', 'a.b.')}${written}.${choose('nip.io', 'sslip.io', 'NIP.IO.', 'example.com')}`
    })
    fc.assert(
      fc.property(host, (each) => {
        expect(isAllowed(each), each).toBe(false)
      }),
    )
  })

  test('the addresses of metadata services, even where private targets are allowed', () => {
    const metadata: Ranges = [
      ['169.254.169.254', 32],
      ['168.63.129.16', 32],
      ['100.100.100.200', 32],
      ['192.0.0.192', 32],
    ]
    const host = spelled(addressIn(metadata), (address, choose) =>
      choose(v4Host(address, choose), v6Host(carriers(address, choose), choose)),
    )
    fc.assert(
      fc.property(host, (each) => {
        expect(isAllowed(each, true), each).toBe(false)
      }),
    )
  })
})

describe('public addresses pass', () => {
  test('IPv4, in whatever spelling', () => {
    fc.assert(
      fc.property(spelled(addressIn(PUBLIC_V4), v4Host), (host) => {
        expect(isAllowed(host), host).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('IPv6, in whatever spelling', () => {
    fc.assert(
      fc.property(spelled(addressIn(PUBLIC_V6), v6Host), (host) => {
        expect(isAllowed(host), host).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('and so do names that hold one', () => {
    const host = addressIn(PUBLIC_V4).map((address) => `ec2-${address.join('-')}.example.com`)
    fc.assert(
      fc.property(host, (each) => {
        expect(isAllowed(each), each).toBe(true)
      }),
    )
  })
})
