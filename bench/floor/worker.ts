/**
 * The floor that the relay is measured by: the least that a Worker has to do to take events, keep them and hand them
 * to receivers. One warm object, durable by group commit, a fetch for each receiver; no order, match, rendering,
 * signature, timeout or log, and what was not fetched at a crash is not fetched again.
 */
import { DurableObject } from 'cloudflare:workers'

export interface Env {
  FLOOR: DurableObjectNamespace<Floor>
  /** The receivers' URLs, by comma. */
  RECEIVERS: string
}

interface Member {
  text: string
  /** Tells that it is durable. */
  accepted: (id: number) => void
}

/** Fetches that are out at once. Without a bound a backlog opens a connection for each, until none can be opened. */
const MOST_FETCHES = 64

export class Floor extends DurableObject<Env> {
  readonly #receivers: readonly string[]
  #lastId: number
  #group: Member[] = []
  #isCommitting = false
  readonly #backlog: { url: string; body: string }[] = []
  #fetches = 0

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#receivers = env.RECEIVERS.split(',')
    const { sql } = ctx.storage
    sql.exec('CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
    this.#lastId = Number(sql.exec('SELECT coalesce(max(id), 0) AS id FROM event').one()['id'])
  }

  /** Takes an event, and resolves to its id once it is durable. */
  accept(text: string): Promise<number> {
    return new Promise((accepted) => {
      this.#group.push({ text, accepted })
      if (!this.#isCommitting) void this.#commit()
    })
  }

  /** Whatever comes in while a group is on its way to the disk is the next group. */
  async #commit(): Promise<void> {
    this.#isCommitting = true
    const { storage } = this.ctx
    while (this.#group.length > 0) {
      const group = this.#group
      this.#group = []
      const firstId = this.#lastId + 1
      this.#lastId += group.length
      storage.transactionSync(() => {
        for (const [n, { text }] of group.entries())
          storage.sql.exec('INSERT INTO event (id, body) VALUES (?, ?)', firstId + n, text)
      })
      await storage.sync()
      for (const [n, { text, accepted }] of group.entries()) {
        accepted(firstId + n)
        const { variables } = JSON.parse(text) as { variables: unknown } // safe: the benchmark posts events
        const body = JSON.stringify(variables)
        for (const url of this.#receivers) this.#backlog.push({ url, body })
      }
      this.#send()
    }
    this.#isCommitting = false
  }

  #send(): void {
    while (this.#fetches < MOST_FETCHES) {
      const next = this.#backlog.shift()
      if (next === undefined) return
      this.#fetches += 1
      void this.#post(next.url, next.body)
    }
  }

  async #post(url: string, body: string): Promise<void> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.body?.cancel()
    } catch {
      // It has no retries: the benchmark counts what did not arrive.
    }
    this.#fetches -= 1
    this.#send()
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    if (request.method !== 'POST' || new URL(request.url).pathname !== '/v1/events')
      return new Response(null, { status: 404 })
    const id = await env.FLOOR.getByName('floor').accept(await request.text())
    return Response.json({ id }, { status: 202 })
  },
} satisfies ExportedHandler<Env>
