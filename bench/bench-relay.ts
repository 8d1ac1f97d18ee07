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
  manageKey: string
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

  /** A folder for states that are to outlive a relay: this one, or one that goes with the process. */
  static async folder(given: string | undefined): Promise<string> {
    if (given !== undefined) return given
    const folder = await mkdtemp(join(tmpdir(), 'relay-bench-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
    return folder
  }

  /** @param folder where its state is, and stays; if none is given it has one of its own */
  static async start(settings: Record<string, string> = {}, folder?: string): Promise<BenchRelay> {
    const stateDir = folder ?? (await mkdtemp(join(tmpdir(), 'relay-bench-')))
    const clear = (): void => {
      if (folder === undefined) rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 })
    }
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
    return this.known(await keyOf('manage'), await keyOf('ingest'))
  }

  /** An account by its keys. */
  known(manageKey: string, ingestKey: string): Account {
    return { manage: new Api(this.url, manageKey), manageKey, ingestKey }
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

/** Of a thread (ms). */
export interface ThreadTimes {
  cpuMs: number
  waitedMs: number
}

/**
 * What the thread of the relay's workerd has had of the CPU so far, and how long it was ready and had to wait for
 * one (ms): figures are of the relay alone only where it waited little. NaN where /proc does not say.
 */
export function workerdTimes(): ThreadTimes {
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = textOf(`/proc/${pid}/stat`)
      // After the name in brackets: the state, and then the parent.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent !== process.pid || !stat.includes('(workerd)')) continue
      const [cpuNs = Number.NaN, waitedNs = Number.NaN] = textOf(`/proc/${pid}/schedstat`)
        .split(' ')
        .map(Number)
      return { cpuMs: cpuNs / 1e6, waitedMs: waitedNs / 1e6 }
    }
  } catch {
    // No /proc.
  }
  return { cpuMs: Number.NaN, waitedMs: Number.NaN }
}

/** Empty where the process is gone by now. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
