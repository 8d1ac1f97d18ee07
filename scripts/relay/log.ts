/** What of workerd's own log the relay's log takes over. */
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/**
 * workerd writes these of a receiver whose name does not resolve or whose TLS fails, a line and a stack for each attempt.
 * The attempt is in the delivery's log, and the relay's own is for what is wrong with the relay.
 */
const OF_RECEIVERS = / error: e = .*: failed: (failed to lookup address information|TLS handshake failed): /
const STACK = /^stack: /

/** Hands on what workerd writes, line by line, but for the failures of receivers. */
export function withoutReceivers(from: Readable, to: Writable): void {
  let isDropped = false
  createInterface({ input: from, crlfDelay: Infinity }).on('line', (line) => {
    isDropped = OF_RECEIVERS.test(line) || (isDropped && STACK.test(line))
    if (!isDropped) to.write(`${line}\n`)
  })
}
