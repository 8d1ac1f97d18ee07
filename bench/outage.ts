/**
 * `npm run bench:outage`: a receiver is down while 5,000 calls of one to three events are posted for it; then it
 * is back. Prints how long the last delivery took from then, and what the calls of others took before, during
 * the outage and while the backlog drained, as a table and as JSON.
 *
 *   --calls 5000     held              --rounds 3   of each scenario; the figures are medians
 *   --events 1,2,3   of each call, by turns
 *   --floor 15       seconds alone     --most 120   seconds for the drain
 *   --background 20  calls a second of others, of three events each
 *   --only NAME      one scenario      --json FILE  writes the JSON there and not to the output
 * State is kept under TMPDIR: on a RAM disk (`TMPDIR=/dev/shm`) figures are of the relay, and not of the disk.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as passMs } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { Background, type Line } from './background.ts'
import { BenchRelay, newWebhook, setStatus, TRIGGERS, workerdTimes, type Account } from './bench-relay.ts'
import { nowMs } from './clock.ts'
import { figuresOf, median, ms, printTable, times, type Figures } from './figures.ts'
import { flood, floodEvents, type Flooded } from './flood-process.ts'
import { Receiver } from './receiver-process.ts'

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '5000' },
    events: { type: 'string', default: '1,2,3' },
    rounds: { type: 'string', default: '3' },
    floor: { type: 'string', default: '15' },
    most: { type: 'string', default: '120' },
    background: { type: 'string', default: '20' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})

/** What holds the calls: a receiver that answers 500, one that takes no connection, or a pause. */
const SCENARIOS = ['answers 500', 'refuses connections', 'paused'] as const
type Scenario = (typeof SCENARIOS)[number]
const PHASES = ['floor', 'outage', 'drain'] as const
/**
 * Events posted a second. Each call that has an event is in memory for some 14 s, with four open files: on a machine
 * that allows 20,000 files a process, some 330 new calls a second is all that workerd can hold.
 */
const POSTED_PER_SECOND = 80
/** Posting of the backlog may take so long (ms). */
const POSTING_MS = 300_000
/** After the last post, before the receiver is back (ms). */
const SETTLE_MS = 10_000
const PATH = '/down'
const shownHealth = z.object({ status: z.string(), health: z.string() })

interface Round {
  posted: Flooded
  /** How the webhook stood at the end of the outage. */
  stood: string
  expected: number
  taken: number
  /** Attempts that came before the recovery. */
  attemptsBefore: number
  disordered: number
  /** From the recovery to the first and the last delivery. */
  firstMs: number
  lastMs: number
  bystanders: Record<
    (typeof PHASES)[number],
    { delivered: Figures; accepted: Figures; cpu: number; starved: number }
  >
}

async function round(scenario: Scenario): Promise<Round> {
  await using cleanup = new AsyncDisposableStack()
  const receiver = await Receiver.start()
  cleanup.defer(() => receiver.stop())
  const down = await Receiver.start()
  cleanup.defer(() => down.stop())
  const relay = await BenchRelay.start()
  cleanup.defer(() => relay.stop())

  const account = await relay.account('With an outage')
  const webhookId = await newWebhook(account, down.url + PATH, TRIGGERS[0])
  const line = async (of: Account, path: string, trigger: string): Promise<Line> => {
    await newWebhook(of, receiver.url + path, trigger)
    return { group: 'bystanders', key: of.ingestKey, path, trigger }
  }
  const others = await Promise.all([1, 2, 3].map((n) => relay.account(`Other ${n}`)))
  const lines = await Promise.all([
    line(account, '/beside', TRIGGERS[1]),
    ...others.map((other, n) => line(other, `/other-${n}`, TRIGGERS[0])),
  ])
  const background = new Background(relay.url, receiver, lines, Number(options.background))
  background.start()
  await passMs(5_000) // The first of everything: compiled code, connections, objects.
  const at: { ms: number; cpuMs: number; waitedMs: number }[] = []
  const mark = (): void => void at.push({ ms: nowMs(), ...workerdTimes() })
  mark()
  await passMs(Number(options.floor) * 1_000)

  mark()
  if (scenario === 'paused') await setStatus(account, webhookId, 'pause')
  if (scenario === 'answers 500') await down.behave(PATH, 'fail')
  if (scenario === 'refuses connections') await down.listen(false)
  const calls = {
    name: 'held',
    trigger: TRIGGERS[0],
    calls: Number(options.calls),
    eventsPerCall: options.events.split(',').map(Number),
  }
  const expected = floodEvents(calls).length
  const posted = await flood(
    { ...calls, url: relay.url, key: account.ingestKey, batch: 20, lanes: 2, pace: POSTED_PER_SECOND },
    POSTING_MS,
  )
  await passMs(SETTLE_MS)
  const { status, health } = await account.manage.get(`/v1/webhooks/${webhookId}`, shownHealth)

  const attemptsBefore = (await down.count(PATH)).requests
  mark()
  const backMs = nowMs()
  if (scenario === 'paused') await setStatus(account, webhookId, 'enable')
  if (scenario === 'answers 500') await down.behave(PATH, 'ok')
  if (scenario === 'refuses connections') await down.listen(true)
  let count = await down.count(PATH)
  while (count.taken < posted.accepted && nowMs() - backMs < Number(options.most) * 1_000) {
    await passMs(50)
    count = await down.count(PATH)
  }
  mark()
  const samples = await background.stop()

  const phase = (from: number) => {
    const [start, end] = [at[from], at[from + 1]]
    const window = { fromMs: start?.ms ?? 0, untilMs: end?.ms ?? 0 }
    return {
      delivered: figuresOf(samples, 'deliveredMs', window),
      accepted: figuresOf(samples, 'acceptedMs', window),
      cpu: ((end?.cpuMs ?? 0) - (start?.cpuMs ?? 0)) / (window.untilMs - window.fromMs),
      starved: ((end?.waitedMs ?? 0) - (start?.waitedMs ?? 0)) / (window.untilMs - window.fromMs),
    }
  }
  const [floor, outage, drain] = [phase(0), phase(1), phase(2)]
  return {
    posted,
    stood: status === 'active' ? health : status,
    expected,
    taken: count.taken,
    attemptsBefore,
    disordered: count.disordered,
    firstMs: count.firstMs - backMs,
    lastMs: count.taken < posted.accepted ? Number.NaN : count.lastMs - backMs,
    bystanders: { floor, outage, drain },
  }
}

const results: { scenario: string; rounds: Round[] }[] = []
const recovery: string[][] = []
const bystanders: string[][] = []
for (const scenario of SCENARIOS) {
  if (options.only !== undefined && !scenario.includes(options.only)) continue
  const rounds: Round[] = []
  for (let n = 0; n < Number(options.rounds); n += 1) {
    const done = await round(scenario)
    rounds.push(done)
    process.stderr.write(`${scenario}, round ${n + 1}: ${JSON.stringify(done)}\n`)
  }
  results.push({ scenario, rounds })
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure))
  recovery.push([
    scenario,
    rounds[0]?.stood ?? '',
    String(of((each) => each.expected)),
    String(of((each) => each.taken)),
    `${of((each) => each.disordered)}`,
    String(of((each) => each.attemptsBefore)),
    `${ms(of((each) => (each.posted.endedMs - each.posted.startedMs) / 1_000))} s`,
    `${ms(of((each) => each.firstMs / 1_000))} s`,
    `${ms(of((each) => each.lastMs / 1_000))} s`,
  ])
  for (const phase of PHASES) {
    const three = (['p50', 'p95', 'p99'] as const).map((figure) =>
      of((each) => each.bystanders[phase].delivered[figure]),
    )
    const ratios = (['p50', 'p95', 'p99'] as const).map((figure) =>
      of((each) => each.bystanders[phase].delivered[figure] / each.bystanders.floor.delivered[figure]),
    )
    bystanders.push([
      phase === 'floor' ? scenario : '',
      phase,
      three.map(ms).join(' / '),
      ratios.map(times).join(' / '),
      ms(of((each) => each.bystanders[phase].accepted.p50)),
      `${(100 * of((each) => each.bystanders[phase].cpu)).toFixed(0)} %`,
      `${(100 * of((each) => each.bystanders[phase].starved)).toFixed(0)} %`,
    ])
  }
}
printTable(
  [
    'receiver',
    'stood',
    'owed',
    'delivered',
    'disordered',
    'attempts before',
    'posting',
    'first after',
    'last after',
  ],
  recovery,
)
console.log()
printTable(
  ['receiver', 'phase', 'bystanders p50/p95/p99', '÷ floor', '202 p50', 'CPU', 'starved'],
  bystanders,
)
const json = JSON.stringify({ calls: Number(options.calls), node: process.version, results })
if (options.json === undefined) console.log(json)
else writeFileSync(options.json, json)
process.exit(0)
