import * as z from 'zod'
import { BenchRelay, newWebhook, TRIGGERS } from '../bench-relay.ts'
import { nowMs } from '../clock.ts'
import { event } from '../flood-process.ts'
import { kept } from '../kept.ts'
import { fill, type Filled } from './fill.ts'

/** An account whose log is full. */
export interface FullAccount {
  manageKey: string
  ingestKey: string
  webhooks: string[]
  filled: Filled
}

/**
 * Fills the log of an account in the state of a relay that does not run, once for a folder.
 * @param targetUrl of its three webhooks, which `/0`, `/1` and `/2` are added to
 */
export async function fullAccount(folder: string, targetUrl: string, calls: number): Promise<FullAccount> {
  return kept(folder, async () => {
    const relay = await BenchRelay.start({}, folder)
    const account = await relay.account('Full')
    const webhooks: string[] = []
    for (const n of [0, 1, 2]) webhooks.push(await newWebhook(account, `${targetUrl}/${n}`, TRIGGERS[0]))
    // With it the shard makes its tables.
    await account.manage.get('/v1/calls', z.unknown())
    const ingest = { authorization: `Bearer ${account.ingestKey}`, 'content-type': 'application/json' }
    const body = JSON.stringify(event(TRIGGERS[1], 'first', 1))
    await (await fetch(`${relay.url}/v1/events`, { method: 'POST', headers: ingest, body })).arrayBuffer()
    await relay.stop()
    const startMs = nowMs()
    const filled = fill(folder, webhooks, calls)
    console.log(`Filled in ${((nowMs() - startMs) / 1_000).toFixed(0)} s: ${JSON.stringify(filled)}`)
    const { manageKey, ingestKey } = account
    return { manageKey, ingestKey, webhooks, filled }
  })
}
