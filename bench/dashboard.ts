/**
 * `npm run bench:dashboard`: what a browser takes to show large data: a call of 10,000 deliveries, at rest and followed
 * live. Prints medians: when something is shown, and the longest task of the page meanwhile, of which a part may have been
 * waiting for a CPU.
 *
 *   --only call-ended       one of call-ended, call-open
 *   --runs 3                of each
 *   --events 500            of the call, and --lanes 20
 *   --folder DIR            keeps what was made there, and takes what is there already
 *   --traces DIR            keeps a trace of each step, for the browser's developer tools
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BenchRelay } from './bench-relay.ts'
import { measureCall } from './dashboard/call.ts'
import { printFigures, type Figure } from './dashboard/figure.ts'
import { startBrowser, type BenchBrowser } from './dashboard/viewer.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '3' },
    events: { type: 'string', default: '500' },
    lanes: { type: 'string', default: '20' },
    folder: { type: 'string' },
    traces: { type: 'string' },
  },
})
const runs = Number(options.runs)
const size = { events: Number(options.events), webhooks: Number(options.lanes) }
const folder = await BenchRelay.folder(options.folder)

const MEASURED: Readonly<Record<string, (browser: BenchBrowser) => Promise<Figure[]>>> = {
  'call-ended': async (browser) => measureCall(browser, own('call'), 'ended', runs, size),
  'call-open': async (browser) => measureCall(browser, own('call'), 'open', runs, size),
}

const browser = await startBrowser(options.traces ?? null)
for (const [name, measure] of Object.entries(MEASURED)) {
  if (options.only !== undefined && options.only !== name) continue
  printFigures(name, await measure(browser))
}
await browser.own.close()

/** A folder of its own within that of the benchmark. */
function own(name: string): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  return path
}
