/** workerd, on a configuration in its own binary form. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { withoutReceivers } from './log.ts'
import { hostAndPort, LOOPBACK } from './port.ts'

/** A workerd that listens. */
export interface Workerd {
  readonly port: number
  /** The exit code, the signal, or why there never was one: what ended it. */
  readonly ended: Promise<string>
  /** Ends it at once: what it has promised is on disk. */
  readonly stop: () => Promise<void>
}

/** Those that this process has started; they end with it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Starts workerd and returns once it listens.
 * @param config with one socket, of the name `http`
 * @param port 0 for any free one
 * @param started is told the process's id, before anything else
 * @param address to listen on
 * @throws where it ends before it listens; it has said why
 */
export async function startWorkerd(
  config: readonly Buffer[],
  port: number,
  started: (pid: number | undefined) => void = () => {},
  address = LOOPBACK,
): Promise<Workerd> {
  const child = spawn(
    binary(),
    // `experimental` is for flags of the embedded D1 and queues.
    [
      'serve',
      '--binary',
      '--experimental',
      `--socket-addr=http=${hostAndPort(address, port)}`,
      '--control-fd=3',
      '-',
    ],
    { stdio: ['pipe', 'inherit', 'pipe', 'pipe'], env: { ...process.env, TZ: 'UTC' } },
  )
  running.add(child)
  started(child.pid)
  if (child.stderr !== null) withoutReceivers(child.stderr, process.stderr)
  const ended = new Promise<string>((end) => {
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => {
      running.delete(child)
      end(String(code ?? signal))
    })
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  // Where it ends before it has read all of it, `ended` says so.
  child.stdin?.on('error', () => {})
  for (const piece of config) child.stdin?.write(piece)
  child.stdin?.end()
  const listening = await Promise.race([portOf(child), ended.then(() => null)])
  if (listening === null) throw new Error(`workerd ended before it listened: ${await ended}`)
  return { port: listening, ended, stop }
}

/** The port that workerd reports, once it listens; null where it ends before. */
async function portOf(child: ChildProcess): Promise<number | null> {
  const control = child.stdio[3]
  if (!(control instanceof Readable)) return null
  let text = ''
  for await (const chunk of control) {
    text += String(chunk)
    const port = /"socket":"http","port":(\d+)/.exec(text)?.[1]
    if (port !== undefined) return Number(port)
  }
  return null
}

/** The workerd that Miniflare is made for. */
function binary(): string {
  const miniflare = createRequire(import.meta.url).resolve('miniflare')
  const found: unknown = createRequire(miniflare)('workerd')
  const path = typeof found === 'object' && found !== null && 'default' in found ? found.default : null
  if (typeof path !== 'string') throw new Error('the package workerd does not say where its binary is')
  return path
}

/** GET from a port of this machine, without the HTTP client that would stay in memory for it. */
export async function get(
  port: number,
  path: string,
  address = LOOPBACK,
): Promise<{ status: number; body: string }> {
  const socket = connect(port, address)
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostAndPort(address, port)}\r\nConnection: close\r\n\r\n`)
  const text = (await socket.toArray()).join('')
  const [head = '', ...body] = text.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), body: body.join('\r\n\r\n') }
}
