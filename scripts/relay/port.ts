import { once } from 'node:events'
import { createServer, isIPv6 } from 'node:net'

/** What a relay listens on unless it is told otherwise: this machine alone. */
export const LOOPBACK = '127.0.0.1'

/** By which address this machine reaches what listens on one: those that mean all of them are none to connect to. */
export function reachableBy(address: string): string {
  if (address === '0.0.0.0') return LOOPBACK
  return address === '::' ? '::1' : address
}

/** An address and a port, as URLs and workerd have them. */
export function hostAndPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

/** Whether a port of this machine can be listened on. Of 0, any free one, there is always one. */
export async function isFree(port: number, address = LOOPBACK): Promise<boolean> {
  if (port === 0) return true
  const server = createServer()
  try {
    server.listen(port, address)
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  }
  await new Promise((closed) => server.close(closed))
  return true
}
