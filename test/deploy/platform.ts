/**
 * Cloudflare's API as wrangler speaks to it, for as much as a deploy asks of it, on loopback. It keeps what it is given:
 * databases are SQLite, so that a migration that fails, fails. Whatever it does not know it answers 404 and lists.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { failed, formOf, ok, type Answer } from './answers.ts'
import { Databases, idOf } from './databases.ts'
import { Files } from './files.ts'

export const ACCOUNT = 'a'.repeat(32)
const BASE = '/client/v4'

interface Queue {
  readonly id: string
  readonly name: string
  readonly producers: string[]
  readonly consumers: string[]
}

interface Worker {
  readonly bindings: Record<string, unknown>[]
  readonly secrets: Map<string, string>
  /** Deployments of it. */
  deploys: number
}

/** What a request is answered instead, once or for good. */
interface Fault {
  readonly method: string
  readonly path: RegExp
  readonly answer: Answer
  times: number
}

const WORKER_UNKNOWN = failed(404, 10_007, 'This Worker does not exist on your account.')

export class Platform {
  readonly #server: Server
  readonly #faults: Fault[] = []
  readonly databases = new Databases()
  readonly files = new Files()
  readonly queues: Queue[] = []
  readonly workers = new Map<string, Worker>()
  /** Requests that changed something, in order. */
  readonly changes: string[] = []
  /** Requests that nothing here answers. */
  readonly unknown: string[] = []
  /** What the deployed relay answers. */
  relay = (_path: string, worker: Worker | undefined): number =>
    worker === undefined || worker.secrets.size < 2 ? 500 : 401

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Platform> {
    const server = createServer()
    const platform = new Platform(server)
    server.on('request', (request, response) => void platform.#serve(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return platform
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the stand-in does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  get apiUrl(): string {
    return this.url + BASE
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** Has requests of a kind answered otherwise. */
  fail(method: string, path: RegExp, answer: Answer, times = Infinity): void {
    this.#faults.push({ method, path, answer, times })
  }

  mend(): void {
    this.#faults.length = 0
  }

  addQueue(name: string, of: { producers?: string[]; consumers?: string[] } = {}): void {
    const { producers = [], consumers = [] } = of
    this.queues.push({ id: `queue-${this.queues.length}`, name, producers, consumers })
  }

  /** One that was deployed, and is bound to the database and the queue of its name. */
  addWorker(name: string, secrets: Record<string, string>): void {
    const bindings = [
      { type: 'd1', name: 'DB', id: idOf(name) },
      { type: 'queue', name: 'DELIVERIES', queue_name: 'deliveries' },
    ]
    this.workers.set(name, { bindings, secrets: new Map(Object.entries(secrets)), deploys: 1 })
  }

  queue(name: string): Queue | undefined {
    return this.queues.find((queue) => queue.name === name)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const method = request.method ?? 'GET'
    if (!url.pathname.startsWith(BASE)) {
      const isHealth = url.pathname === '/health'
      const status = isHealth ? 200 : this.relay(url.pathname, [...this.workers.values()][0])
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(isHealth ? '{"status":"ok","version":"0.1.0"}' : '{}')
      return
    }
    const path = url.pathname.slice(BASE.length).replace(`/accounts/${ACCOUNT}`, '')
    const fault = this.#faults.find(
      (each) => each.times > 0 && each.method === method && each.path.test(path),
    )
    if (fault !== undefined) fault.times -= 1
    const answer = fault?.answer ?? (await this.#answer(method, path, url.searchParams, request))
    if (fault === undefined && method !== 'GET' && !path.endsWith('/query'))
      this.changes.push(`${method} ${path}`)
    request.resume()
    const { status, result, errors = [], headers = {} } = answer
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(
      JSON.stringify({
        success: status === 200,
        result,
        errors,
        messages: [],
        result_info: { page: 1, per_page: 100, count: 1, total_count: 1, total_pages: 1 },
      }),
    )
  }

  async #answer(
    method: string,
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
  ): Promise<Answer> {
    const [, first, ...rest] = path.split('/')
    if (first === 'd1') return this.databases.answer(method, rest, request)
    if (first === 'queues') return this.#queues(method, rest, query, request)
    if (first === 'workers') return this.#workers(method, rest, request)
    return this.#notKnown(method, path)
  }

  #notKnown(method: string, path: string): Answer {
    this.unknown.push(`${method} ${path}`)
    return failed(404, 7_003, `Could not route to ${path}`)
  }

  async #queues(
    method: string,
    [id, of, consumer]: string[],
    query: URLSearchParams,
    request: IncomingMessage,
  ): Promise<Answer> {
    if (id === undefined && method === 'POST') {
      const { queue_name: name } = (await json(request)) as { queue_name: string }
      if (this.queue(name) !== undefined) return failed(409, 11_009, `Queue name '${name}' is already taken.`)
      this.addQueue(name)
      return ok({ queue_name: name })
    }
    if (id === undefined) {
      const names = query.getAll('name')
      return ok(this.queues.filter(({ name }) => names.length === 0 || names.includes(name)).map(queueView))
    }
    const queue = this.queues.find((each) => each.id === id)
    if (queue === undefined) return failed(404, 11_000, 'Queue not found')
    if (of !== 'consumers') return ok(queueView(queue))
    const { script_name: script } = (await json(request)) as { script_name: string }
    if (method === 'POST') {
      if (queue.consumers.length > 0) return failed(409, 11_004, 'Queue already has a consumer.')
      queue.consumers.push(script)
    }
    return ok({ consumer_id: consumer ?? `consumer-${queue.id}`, script })
  }

  async #workers(
    method: string,
    [kind, name = '', ...rest]: string[],
    request: IncomingMessage,
  ): Promise<Answer> {
    if (kind === 'subdomain') return ok({ subdomain: 'acme' })
    const worker = this.workers.get(name)
    if (kind === 'scripts' && method === 'PUT' && rest.length === 0) return this.#upload(name, request)
    if (kind === 'assets' && name === 'upload') return this.files.take(request)
    // Before a first deploy too.
    if (rest[0] === 'assets-upload-session') return this.files.start(name, request)
    if (worker === undefined) return WORKER_UNKNOWN
    if (kind === 'services')
      return ok({
        default_environment: {
          environment: 'production',
          script: { last_deployed_from: 'wrangler', tag: 'tag' },
        },
      })
    if (kind === 'workers') return ok({ subdomain: { enabled: true, previews_enabled: false }, tags: [] })
    switch (rest[0]) {
      case 'secrets':
        return ok([...worker.secrets.keys()].map((key) => ({ name: key, type: 'secret_text' })))
      case 'secrets-bulk': {
        const { secrets } = (await json(request)) as { secrets: Record<string, { text: string }> }
        for (const [key, { text }] of Object.entries(secrets)) worker.secrets.set(key, text)
        return ok([])
      }
      case 'subdomain':
        return ok({ enabled: true, previews_enabled: false })
      case 'deployments':
        return ok({ deployments: [] })
      case 'settings':
        return ok({ bindings: worker.bindings })
      case 'script-settings':
        return ok({ observability: { enabled: true }, tags: [] })
      default:
        return this.#notKnown(method, `/workers/${kind}/${name}/${rest.join('/')}`)
    }
  }

  async #upload(name: string, request: IncomingMessage): Promise<Answer> {
    const text = (await formOf(request)).get('metadata')
    if (typeof text !== 'string') throw new Error('an upload without metadata')
    const metadata = JSON.parse(text) as {
      bindings: Record<string, unknown>[]
      assets?: { jwt: string }
    }
    if (metadata.assets?.jwt !== this.files.completion)
      return failed(400, 10_021, 'The files are not complete')
    const earlier = this.workers.get(name)
    const worker: Worker = {
      bindings: metadata.bindings.map((binding) => this.#bound(binding, earlier)),
      secrets: earlier?.secrets ?? new Map(),
      deploys: (earlier?.deploys ?? 0) + 1,
    }
    this.workers.set(name, worker)
    for (const { type: kind, queue_name: queue } of worker.bindings)
      if (kind === 'queue') this.queue(String(queue))?.producers.push(name)
    return ok({ id: name, tag: 'tag', deployment_id: 'd'.repeat(32), startup_time_ms: 5 })
  }

  /** A binding that is inherited is what it was. */
  #bound(binding: Record<string, unknown>, earlier: Worker | undefined): Record<string, unknown> {
    if (binding['type'] !== 'inherit') return binding
    const former = earlier?.bindings.find(({ name }) => name === binding['name'])
    if (former === undefined) throw new Error(`nothing to inherit for ${String(binding['name'])}`)
    return former
  }
}

function workerOf(script: string): object {
  return { type: 'worker', script, consumer_id: `consumer-of-${script}` }
}

function queueView({ id, name, producers, consumers }: Queue): object {
  return {
    queue_id: id,
    queue_name: name,
    producers: producers.map(workerOf),
    producers_total_count: producers.length,
    consumers: consumers.map(workerOf),
    consumers_total_count: consumers.length,
  }
}
