import ipaddr from 'ipaddr.js'

/** Names that lead to the machine, its network or its cloud's metadata, whatever a resolver says. */
const PRIVATE_SUFFIXES = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home', 'corp', 'home.arpa', 'onion', 'test', 'invalid']
/** Public services that resolve a name to the address written in it. */
const WILDCARD_SUFFIXES = ['nip.io', 'sslip.io', 'xip.io', 'localtest.me', 'lvh.me', 'vcap.me', 'lacolhost.com', 'traefik.me', 'readme.com.local']
const ALLOWED_LOW_PORTS = new Set(['', '80', '443'])
const FIRST_HIGH_PORT = 1024
/** IPv6 ranges that carry an IPv4 address or are not public, beyond those that the library names. */
const FORBIDDEN_V6 = ['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/23', '2001:db8::/32', '3fff::/20', '5f00::/16', 'fec0::/10', '100::/64', '::/96'].map(
  (range) => ipaddr.IPv6.parseCIDR(range),
)

/**
 * Whether a webhook may point at a URL. The WHATWG parser has normalised the host by then: every spelling of an
 * IPv4 address is dotted decimal, full-width digits are digits. A name is judged by how it is written only: a
 * Worker cannot pin the address that it resolves to.
 * @param terms `allowPrivate` leaves out what protects the network that the relay runs in
 */
export function checkTarget(target: string, terms: { allowPrivate: boolean }): { ok: true } | { ok: false; reason: string } {
  const refuse = (reason: string): { ok: false; reason: string } => ({ ok: false, reason })
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
  if (endsWithAny(host, PRIVATE_SUFFIXES) || host.split('.').includes('metadata')) return false
  return !endsWithAny(host, WILDCARD_SUFFIXES)
}

function v4IsPublic(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast'
}

function v6IsPublic(address: ipaddr.IPv6): boolean {
  return address.range() === 'unicast' && !FORBIDDEN_V6.some((range) => address.match(range))
}

function endsWithAny(host: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))
}
