/**
 * As much of HTTP/1.1 as the benchmark needs. What posts and what receives shares two cores with what is measured,
 * and node:http costs several times this.
 */

const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'
const NOTHING = Buffer.alloc(0)

/** Finds the messages in what a connection brings, and hands each on with its first line and its body. */
export class MessageReader {
  #rest: Buffer = NOTHING
  readonly #onMessage: (firstLine: string, body: Buffer) => void

  constructor(onMessage: (firstLine: string, body: Buffer) => void) {
    this.#onMessage = onMessage
  }

  /**
   * Takes the next bytes.
   * @throws if a message says neither its length nor that it comes in chunks
   */
  push(chunk: Buffer): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    for (;;) {
      const headEnd = rest.indexOf(HEAD_END)
      if (headEnd < 0) break
      const head = rest.toString('latin1', 0, headEnd)
      const bodyAt = headEnd + HEAD_END.length
      const end = endOf(head, rest, bodyAt)
      if (end === null) break
      this.#onMessage(head.slice(0, head.indexOf('\r\n')), rest.subarray(bodyAt, end))
      rest = rest.subarray(end)
    }
    this.#rest = rest
  }
}

/** Where the message ends, or null if that is still to come. */
function endOf(head: string, bytes: Buffer, bodyAt: number): number | null {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) {
    const end = bodyAt + Number(length)
    return end <= bytes.length ? end : null
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`A message of unknown length: ${head}`)
  // No body here holds these bytes, so they end it.
  const last = bytes.indexOf(LAST_CHUNK, bodyAt)
  return last < 0 ? null : last + LAST_CHUNK.length
}
