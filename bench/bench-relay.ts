import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { Api, created, newKey } from '../scripts/demo/api.ts'
import { startRelay } from '../scripts/relay.ts'

/** Two triggers that fire for inbound calls. */
export const TRIGGERS = ['call_answered_by_agent', 'call_hangup_missed_or_answered'] as const

/** An account of the benchmark, through its own keys. */
export interface Account {
  manage: Api
  ingestKey: string
}

/** A relay on a state folder of its own, which goes with it. */
export class BenchRelay {
  readonly url: string
  readonly #admin: Api
  readonly #stop: () => Promise<void>

  private constructor(url: string, adminKey: string, stop: () => Promise<void>) {
    this.url = url
    this.#admin = new Api(url, adminKey)
    this.#stop = stop
  }

  static async start(settings: Record<string, string> = {}): Promise<BenchRelay> {
    const stateDir = await mkdtemp(join(tmpdir(), 'relay-bench-'))
    const clear = (): void => rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 })
    process.once('exit', clear)
    const relay = await startRelay({ port: 0, stateDir, settings })
    const interrupt = (): void => void relay.stop().finally(() => process.exit(1))
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
    return new BenchRelay(relay.url, relay.adminKey, async () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt)
      await relay.stop()
      clear()
      process.off('exit', clear)
    })
  }

  async account(name: string): Promise<Account> {
    const { id } = await this.#admin.post('/v1/accounts', { name }, created)
    const keyOf = async (scope: string): Promise<string> =>
      (await this.#admin.post(`/v1/accounts/${id}/keys`, { name: scope, scope }, newKey)).key
    return { manage: new Api(this.url, await keyOf('manage')), ingestKey: await keyOf('ingest') }
  }

  async stop(): Promise<void> {
    await this.#stop()
  }
}

export async function newWebhook(account: Account, url: string, trigger: string): Promise<string> {
  const webhook = { name: 'Bench', url, triggers: [trigger] }
  return (await account.manage.post('/v1/webhooks', webhook, created)).id
}

/** Sets a webhook's status by its route. */
export async function setStatus(
  account: Account,
  webhookId: string,
  to: 'pause' | 'enable' | 'disable',
): Promise<void> {
  await account.manage.post(`/v1/webhooks/${webhookId}/${to}`, {}, z.unknown())
}

/** What the relay's workerd has used of the CPU so far (ms), all of its threads; NaN where /proc does not say. */
export function workerdCpuMs(): number {
  try {
    const ticks = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          // After the name in brackets: state, parent, …, user and system time as the 12th and 13th.
          const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
          const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
          const isOurs = Number(fields[1]) === process.pid && stat.includes('(workerd)')
          return isOurs ? [Number(fields[11]) + Number(fields[12])] : []
        } catch {
          return []
        }
      })
    return ticks.length === 0 ? Number.NaN : Math.max(...ticks) * 10
  } catch {
    return Number.NaN
  }
}
