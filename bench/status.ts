/**
 * `npm run bench:status`: how long a status change takes to return on an idle relay, from the request's being sent, and
 * beside deliveries of others: pause and enable in turn, of a webhook that nothing is owed to.
 *
 *   --changes 200    of each            --background 20  calls a second of others, of three events each
 * State is kept under TMPDIR: on a RAM disk (`TMPDIR=/dev/shm`) figures are of the relay, and not of the disk.
 */
import { setTimeout as passMs } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Background } from './background.ts'
import { BenchRelay, newWebhook, setStatus, TRIGGERS } from './bench-relay.ts'
import { nowMs } from './clock.ts'
import { ms, printTable, quantile } from './figures.ts'
import { Receiver } from './receiver-process.ts'

const { values: options } = parseArgs({
  options: { changes: { type: 'string', default: '200' }, background: { type: 'string', default: '20' } },
})

await using cleanup = new AsyncDisposableStack()
const receiver = await Receiver.start()
cleanup.defer(() => receiver.stop())
const relay = await BenchRelay.start()
cleanup.defer(() => relay.stop())
const account = await relay.account('Changed')
const webhookId = await newWebhook(account, `${receiver.url}/changed`, TRIGGERS[0])

async function change(name: string): Promise<string[]> {
  const tookMs: number[] = []
  for (let n = 0; n < Number(options.changes); n += 1) {
    const sentMs = nowMs()
    await setStatus(account, webhookId, n % 2 === 0 ? 'pause' : 'enable')
    tookMs.push(nowMs() - sentMs)
  }
  return [name, ...[0.5, 0.95, 0.99].map((share) => ms(quantile(tookMs, share)))]
}

await change('the first of everything: compiled code, connections, objects')
const idle = await change('idle')
const other = await relay.account('Other')
await newWebhook(other, `${receiver.url}/other`, TRIGGERS[0])
const line = { group: 'other', key: other.ingestKey, path: '/other', trigger: TRIGGERS[0] }
const own = { group: 'own', key: account.ingestKey, path: '/changed', trigger: TRIGGERS[0] }
const background = new Background(relay.url, receiver, [line, own], Number(options.background))
background.start()
await passMs(2_000)
const busy = await change(`${options.background} calls a second, half of them its own`)
await background.stop()
printTable(['a status change beside', 'p50, ms', 'p95', 'p99'], [idle, busy])
