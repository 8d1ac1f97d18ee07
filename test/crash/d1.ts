/**
 * A relay whose D1 can be out. Everything is as `npm start` has it, in a folder of its own that is built from this one,
 * but for a Worker on the way from the relay to D1, which asks the test about each query: D1 refuses it, or does not
 * answer.
 */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Service } from 'miniflare'
import { RELAY, type Built } from '../../scripts/relay/config.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** What a start reads, beside what it has built. */
const COPIED = ['scripts', 'package.json', 'wrangler.toml', 'package-lock.json', 'README.md', 'SECURITY.md']
const LINKED = ['src', 'migrations', 'site', 'dashboard', 'docs', 'public', 'node_modules']

/** How D1 is: there, refusing every query, or silent. */
export type D1State = 'there' | 'refuses' | 'hangs'

const GATE = `export default {
  async fetch(request, env) {
    const asked = await env.SWITCH.fetch('http://switch/')
    return asked.ok ? env.D1.fetch(request) : new Response('D1 is out', { status: 500 })
  },
}`

export class D1Switch {
  /** The folder to start the relay from. */
  readonly root: string
  /** How many queries were not let through. */
  stopped = 0
  #state: D1State = 'there'
  #hanging: ServerResponse[] = []
  readonly #server = createServer((_request, response) => this.#answer(response))

  private constructor(root: string) {
    this.root = root
  }

  static async start(): Promise<D1Switch> {
    const d1 = new D1Switch(await mkdtemp(join(tmpdir(), 'relay-crash-')))
    // The relay is to keep its connections: one that is closed while idle would be a fault that nobody planned.
    d1.#server.keepAliveTimeout = 0
    await new Promise<void>((listening) => d1.#server.listen(0, '127.0.0.1', listening))
    await d1.#make()
    return d1
  }

  set(state: D1State): void {
    this.#state = state
    if (state === 'hangs') return
    for (const response of this.#hanging.splice(0)) this.#answer(response)
  }

  async stop(): Promise<void> {
    this.set('refuses')
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
    await rm(this.root, { recursive: true, force: true })
  }

  #answer(response: ServerResponse): void {
    if (this.#state === 'hangs') this.#hanging.push(response)
    else {
      if (this.#state === 'refuses') this.stopped += 1
      response.writeHead(this.#state === 'there' ? 200 : 503).end()
    }
  }

  async #make(): Promise<void> {
    await Promise.all([
      ...COPIED.map(async (name) => cp(join(ROOT, name), join(this.root, name), { recursive: true })),
      ...LINKED.map(async (name) => symlink(join(ROOT, name), join(this.root, name))),
    ])
    // Safe: a server that listens on TCP has an AddressInfo.
    const { port } = this.#server.address() as AddressInfo
    // Safe: `npm start` has written it.
    const built = JSON.parse(await readFile(join(ROOT, 'dist', 'relay.json'), 'utf8')) as Built
    const relay = built.services.find(({ name }) => name === RELAY)
    const bindings = relay !== undefined && 'worker' in relay ? relay.worker?.bindings : undefined
    const d1 = bindings?.find(({ name }) => name === 'DB')
    const inner = d1 !== undefined && 'wrapped' in d1 ? d1.wrapped?.innerBindings?.[0] : undefined
    if (inner === undefined || !('service' in inner) || inner.service === undefined)
      throw new Error('the relay is not bound to D1 as it was')
    const gate: Service = {
      name: 'd1:gate',
      worker: {
        compatibilityDate: '2026-10-20',
        modules: [{ name: 'gate.js', esModule: GATE }],
        bindings: [
          { name: 'D1', service: inner.service },
          { name: 'SWITCH', service: { name: 'd1:switch' } },
        ],
      },
    }
    // Whoever migrates D1 when the relay starts goes there past the gate.
    inner.service = { name: 'd1:gate' }
    const asked: Service = { name: 'd1:switch', external: { address: `127.0.0.1:${port}`, http: {} } }
    await mkdir(join(this.root, 'dist'))
    const services = [...built.services, gate, asked]
    await writeFile(join(this.root, 'dist', 'relay.json'), JSON.stringify({ ...built, services }))
  }
}
