import { connect, type Socket } from 'node:net'
import { MessageReader } from './http.ts'

/** A connection that is kept, with one request at a time. It is made again if the other side has ended it. */
export class Connection {
  readonly #url: URL
  #socket: Socket
  #tell: ((status: string) => void) | null = null

  constructor(url: URL) {
    this.#url = url
    this.#socket = this.#open()
  }

  /** Sends a whole request, and returns the status of the answer, or `closed` if the connection ended before it. */
  async post(request: string): Promise<string> {
    if (this.#socket.destroyed || this.#socket.readableEnded) this.#socket = this.#open()
    return new Promise((tell) => {
      this.#tell = tell
      this.#socket.write(request, 'latin1') // safe: there is nothing but ASCII in it
    })
  }

  #open(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true })
    const answer = (status: string): void => {
      // What was told by a connection that is no longer in use is no answer to what is out now.
      if (socket !== this.#socket) return
      const tell = this.#tell
      this.#tell = null
      tell?.(status)
    }
    const reader = new MessageReader((firstLine) => answer(firstLine.split(' ')[1] ?? ''))
    socket.on('data', (chunk: Buffer) => reader.push(chunk))
    socket.on('error', () => undefined) // 'close' follows.
    socket.on('close', () => answer('closed'))
    return socket
  }
}
