import ipaddr from 'ipaddr.js'

/**
 * Names that lead into a private network: those set aside for that (RFC 6761, 6762 with its appendix G, 8375, and
 * ICANN's `internal`), those that container networks resolve, and `test` and `localdomain`, which development tools
 * and Linux resolve to loopback. What is under `arpa`, `alt`, `onion` and `invalid` is no host of the public DNS.
 */
const PRIVATE_NAMES = words(
  'localhost localdomain local internal intranet private corp home lan test',
  'svc cluster consul docker arpa alt onion invalid',
)
/**
 * Public services that resolve a name to the address written in it, in more spellings than are worth reading
 * (dots, dashes, hex, after any prefix), or always to loopback, or first to one address and then to another. No
 * receiver needs one, so all of their names go.
 */
const WILDCARD_NAMES = words(
  'nip.io sslip.io xip.io xip.name ipq.co backname.io traefik.me plex.direct local-ip.co local-ip.sh',
  'localtest.me localhost.direct localho.st local.gd lvh.me vcap.me fuf.me ulh.us lacolhost.com smackaho.st',
  'yoogle.com ipv6-literal.net rbndr.us 1u.ms rebind.network rebind.it',
)
/** A name that begins with, or holds, labels like `127.0.0.1` or `10-0-0-1`: some service answers with just that. */
const WRITTEN_V4 = /(?<=^|\.)(?=(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})\.)/g
/** Where clouds hand their credentials to whoever asks from inside. Nobody receives webhooks there. */
const METADATA_NAMES = words(
  'metadata.google.internal metadata.goog metadata.azure.internal metadata.tencentyun.com',
  'metadata.packet.net metadata.platformequinix.com instance-data instance-data.ec2.internal',
)
/**
 * Those of Azure and Alibaba, and of Amazon and Google in IPv6. Others are link-local or, like Oracle's
 * 192.0.0.192, in a range that is closed to everyone.
 */
const METADATA_V4 = words('168.63.129.16 100.100.100.200')
const METADATA_V6 = words('fd00:ec2::/32 fd20:ce::/32').map((range) => ipaddr.IPv6.parseCIDR(range))

const ALLOWED_LOW_PORTS = new Set(['', '80', '443'])
const FIRST_HIGH_PORT = 1024
/** All that is public in IPv6 is in here. What embeds an IPv4 address elsewhere (mapped, NAT64) is not. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
/** The ranges in which somebody's own network may have a receiver. */
const PRIVATE_RANGES = new Set(['loopback', 'private', 'carrierGradeNat', 'uniqueLocal', 'unspecified'])
// eslint-disable-next-line no-control-regex -- control characters are just what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/

/** Names and addresses as the parser leaves them. It lets others pass (`a!b.com`), to which workerd sends nothing. */
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/i

export type TargetCheck = { ok: true } | { ok: false; reason: string }
/** Who may have a receiver there: anyone, only those who may have private targets, or nobody. */
type Reach = 'public' | 'private' | 'nobody'

/**
 * Whether a webhook may point at a URL. The WHATWG parser has normalised the host by then: every spelling of an
 * IPv4 address is dotted decimal, full-width digits are digits. A name is judged by how it is written only: a
 * Worker cannot pin the address that it resolves to.
 * @param terms `allowPrivate` lets in plain http and hosts in the network that the relay runs in
 */
export function checkTarget(target: string, terms: { allowPrivate: boolean }): TargetCheck {
  const refuse = (reason: string): TargetCheck => ({ ok: false, reason })
  // The parser would drop line breaks and tabs, and so read another URL than the one that is shown.
  if (CONTROL.test(target)) return refuse('must hold no control character')
  const url = URL.parse(target)
  if (url === null) return refuse('is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('must be an http or https URL')
  if (url.username !== '' || url.password !== '' || /^[a-z]+:[/\\]*[^/?#]*@/i.test(target)) {
    return refuse('must not hold a user name or password')
  }
  if (!terms.allowPrivate && url.protocol !== 'https:') return refuse('must be an https URL')
  if (!HOST.test(url.hostname))
    return refuse('must be a host name of letters, digits, hyphens and underscores')
  if (!ALLOWED_LOW_PORTS.has(url.port) && Number(url.port) < FIRST_HIGH_PORT) {
    return refuse('must not use a port under 1024 other than 80 and 443')
  }
  const reach = reachOf(url.hostname)
  if (reach === 'public' || (reach === 'private' && terms.allowPrivate)) return { ok: true }
  return refuse(terms.allowPrivate ? 'must be a host that can receive webhooks' : 'must be a public host')
}

function reachOf(hostname: string): Reach {
  const host = hostname.replace(/\.+$/, '').toLowerCase()
  if (host.startsWith('[')) return reachOfV6(ipaddr.IPv6.parse(host.slice(1, -1)))
  if (ipaddr.IPv4.isValid(host)) return reachOfV4(ipaddr.IPv4.parse(host))
  const labels = host.split('.')
  const written = reachesWritten(host)
  if (labels.includes('') || endsWithAny(host, METADATA_NAMES) || written.includes('nobody')) return 'nobody'
  const isPrivate =
    labels.length < 2 ||
    endsWithAny(host, PRIVATE_NAMES) ||
    endsWithAny(host, WILDCARD_NAMES) ||
    written.includes('private')
  return isPrivate ? 'private' : 'public'
}

/** Those of the addresses that stand in a name. */
function reachesWritten(host: string): Reach[] {
  return [...host.matchAll(WRITTEN_V4)].flatMap(([, ...bytes]) => {
    const address = bytes.map(Number).join('.')
    return ipaddr.IPv4.isValidFourPartDecimal(address) ? [reachOfV4(ipaddr.IPv4.parse(address))] : []
  })
}

function reachOfV4(address: ipaddr.IPv4): Reach {
  if (METADATA_V4.includes(address.toString())) return 'nobody'
  const range = address.range()
  if (range === 'unicast') return 'public'
  return PRIVATE_RANGES.has(range) ? 'private' : 'nobody'
}

function reachOfV6(address: ipaddr.IPv6): Reach {
  if (METADATA_V6.some((range) => address.match(range))) return 'nobody'
  // A mapped address is reached over IPv4; a public one has no need to be written like that.
  if (address.isIPv4MappedAddress()) {
    return reachOfV4(address.toIPv4Address()) === 'nobody' ? 'nobody' : 'private'
  }
  const range = address.range()
  if (range === 'unicast' && address.match(GLOBAL_UNICAST)) return 'public'
  return PRIVATE_RANGES.has(range) ? 'private' : 'nobody'
}

function endsWithAny(host: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
}

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '))
}
