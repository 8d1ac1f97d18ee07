/**
 * `npm run bench:dashboard`: what a browser takes to show large data: a list of 10,000 webhooks, a call of 10,000
 * deliveries, at rest and followed live, and a log of a million. Prints medians: when something is shown, and the longest
 * task of the page meanwhile, of which a part may have been waiting for a CPU. What is shown is made first, in some minutes.
 *
 *   --only webhooks      one of webhooks, call-at-rest, call-followed, log
 *   --runs 3             of each
 *   --webhooks 10000     in the list
 *   --events 500         of the call, and --lanes 20
 *   --calls 200000       in the log, of five deliveries each
 *   --folder DIR         keeps what was made there, and takes what is there already
 *   --traces DIR         keeps a trace of each step, for the browser's developer tools; tasks are longer then
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BenchRelay } from './bench-relay.ts'
import { measureCall } from './dashboard/call.ts'
import { printFigures, type Figure } from './dashboard/figure.ts'
import { measureLog } from './dashboard/log.ts'
import { startBrowser } from './dashboard/viewer.ts'
import { measureWebhooks } from './dashboard/webhooks.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    webhooks: { type: 'string', default: '10000' },
    events: { type: 'string', default: '500' },
    lanes: { type: 'string', default: '20' },
    calls: { type: 'string', default: '200000' },
    folder: { type: 'string' },
    traces: { type: 'string' },
  },
})
const runs = Number(options.runs)
const size = { events: Number(options.events), webhooks: Number(options.lanes) }
const folder = await BenchRelay.folder(options.folder)
const browser = await startBrowser(options.traces ?? null)

const MEASURED: Readonly<Record<string, () => Promise<Figure[]>>> = {
  webhooks: async () => measureWebhooks(browser, own('webhooks'), runs, Number(options.webhooks)),
  'call-at-rest': async () => measureCall(browser, own('call'), 'ended', runs, size),
  'call-followed': async () => measureCall(browser, own('call'), 'open', runs, size),
  log: async () => measureLog(browser, own('log'), runs, Number(options.calls)),
}
for (const [name, measure] of Object.entries(MEASURED)) {
  if (options.only === undefined || options.only === name) printFigures(name, await measure())
}
await browser.own.close()

/** A folder of its own within that of the benchmark. */
function own(name: string): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  return path
}
