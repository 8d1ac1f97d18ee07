import ipaddr from 'ipaddr.js'

/** Names that lead to the machine, its network or its cloud's metadata, whatever a resolver says. */
const PRIVATE_NAMES = words(
  'localhost localdomain local internal intranet lan home corp home.arpa onion test invalid',
  'metadata.goog metadata.azure.com metadata.tencentyun.com metadata.packet.net metadata.platformequinix.com',
)
/**
 * Public services that resolve a name to the address written in it, in more spellings than are worth reading
 * (dots, dashes, hex, after any prefix), or always to loopback. No receiver needs one, so all of their names go.
 */
const WILDCARD_NAMES = words(
  'nip.io sslip.io xip.io xip.name ipq.co traefik.me plex.direct local-ip.co local-ip.sh localtest.me',
  'localhost.direct lvh.me vcap.me lacolhost.com rbndr.us 1u.ms',
)
const ALLOWED_LOW_PORTS = new Set(['', '80', '443'])
const FIRST_HIGH_PORT = 1024
/** The metadata address of Azure stands among public ones. */
const AZURE_METADATA = '168.63.129.16'
/** All that is public in IPv6 is in here. What embeds an IPv4 address elsewhere (mapped, NAT64) is not. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

export type TargetCheck = { ok: true } | { ok: false; reason: string }

/**
 * Whether a webhook may point at a URL. The WHATWG parser has normalised the host by then: every spelling of an
 * IPv4 address is dotted decimal, full-width digits are digits. A name is judged by how it is written only: a
 * Worker cannot pin the address that it resolves to.
 * @param terms `allowPrivate` leaves out what protects the network that the relay runs in
 */
export function checkTarget(target: string, terms: { allowPrivate: boolean }): TargetCheck {
  const refuse = (reason: string): TargetCheck => ({ ok: false, reason })
  const url = URL.parse(target)
  if (url === null) return refuse('is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('must be an http or https URL')
  if (url.username !== '' || url.password !== '' || /^[a-z]+:\/\/[^/?#]*@/i.test(target)) {
    return refuse('must not hold a user name or password')
  }
  if (terms.allowPrivate) return { ok: true }
  if (url.protocol !== 'https:') return refuse('must be an https URL')
  if (!ALLOWED_LOW_PORTS.has(url.port) && Number(url.port) < FIRST_HIGH_PORT) {
    return refuse('must not use a port under 1024 other than 80 and 443')
  }
  return hostIsPublic(url.hostname) ? { ok: true } : refuse('must be a public host')
}

function hostIsPublic(hostname: string): boolean {
  const host = hostname.replace(/\.+$/, '').toLowerCase()
  if (host.startsWith('[')) return v6IsPublic(ipaddr.IPv6.parse(host.slice(1, -1)))
  if (ipaddr.IPv4.isValid(host)) return v4IsPublic(ipaddr.IPv4.parse(host))
  const labels = host.split('.')
  if (labels.length < 2 || labels.some((label) => label === '')) return false
  return !endsWithAny(host, PRIVATE_NAMES) && !endsWithAny(host, WILDCARD_NAMES)
}

function v4IsPublic(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && address.toString() !== AZURE_METADATA
}

function v6IsPublic(address: ipaddr.IPv6): boolean {
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast'
}

function endsWithAny(host: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
}

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '))
}
