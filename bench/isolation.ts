/**
 * `npm run bench:isolation`: steady calls of others, first alone and then beside a flood of 10,000 events of one
 * call, one account or one webhook. Prints what each took alone and beside the flood, as a table and as JSON.
 *
 *   --events 10000   in a flood        --rounds 3   of each scenario; the figures are medians
 *   --floor 15       seconds alone     --most 30    seconds beside a flood
 *   --background 20  calls a second of others, of three events each
 *   --pace N         events of the flood a second, at most; as fast as they are taken without it
 *   --lanes 8        connections of a flood that is posted singly
 *   --only NAME      one scenario      --json FILE  writes the JSON there and not to the output
 * State is kept under TMPDIR: on a RAM disk (`TMPDIR=/dev/shm`) figures are of the relay, and not of the disk.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as passMs } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Background, type Line } from './background.ts'
import { BenchRelay, newWebhook, TRIGGERS, workerdTimes, type Account } from './bench-relay.ts'
import { nowMs } from './clock.ts'
import { figuresOf, median, ms, printTable, times, type Figures } from './figures.ts'
import { flood, type Flooded, type FloodPlan } from './flood-process.ts'
import { Receiver, type Behaviour } from './receiver-process.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    floor: { type: 'string', default: '15' },
    most: { type: 'string', default: '30' },
    background: { type: 'string', default: '20' },
    pace: { type: 'string' },
    lanes: { type: 'string', default: '8' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
})
const EVENTS = Number(options.events)
const LANES = Number(options.lanes)

/** What the flooded webhook's calls are beside: its own, another webhook's of the account, another account's. */
const GROUPS = ['same webhook', 'same account', 'other account'] as const
type Group = (typeof GROUPS)[number]

interface Scenario {
  name: string
  plan: Pick<FloodPlan, 'calls' | 'eventsPerCall' | 'batch' | 'lanes'>
  receiver: Behaviour
  /** Whom the flood is to leave alone. */
  bystanders: readonly Group[]
}

const SPREAD = { calls: EVENTS / 5, eventsPerCall: [5] }
const SCENARIOS: readonly Scenario[] = [
  {
    name: 'call, batches of 500',
    plan: { calls: 1, eventsPerCall: [EVENTS], batch: 500, lanes: 1 },
    receiver: 'ok',
    bystanders: GROUPS,
  },
  {
    name: 'call, singly',
    plan: { calls: 1, eventsPerCall: [EVENTS], batch: 1, lanes: LANES },
    receiver: 'ok',
    bystanders: GROUPS,
  },
  {
    name: 'account, batches of 500',
    plan: { ...SPREAD, batch: 500, lanes: 1 },
    receiver: 'ok',
    bystanders: ['other account'],
  },
  {
    name: 'account, singly',
    plan: { ...SPREAD, batch: 1, lanes: LANES },
    receiver: 'ok',
    bystanders: ['other account'],
  },
  {
    name: 'webhook, receiver slow',
    plan: { ...SPREAD, batch: 1, lanes: LANES },
    receiver: 'slow',
    bystanders: ['same account', 'other account'],
  },
  {
    name: 'webhook, receiver hanging',
    plan: { ...SPREAD, batch: 1, lanes: LANES },
    receiver: 'hang',
    bystanders: ['same account', 'other account'],
  },
]

interface Round {
  groups: Record<string, Record<'floor' | 'posting' | 'flood', { delivered: Figures; accepted: Figures }>>
  flooded: Flooded
  /** From the flood's first post until its last delivery, or until it was given up. */
  floodMs: number
  taken: number
  requests: number
  /** Of workerd: its share of a CPU, and the share of the time that it had to wait for one. */
  cpuMs: Record<'floorShare' | 'floodShare' | 'floorWaited' | 'floodWaited' | 'perFloodRequest', number>
}

async function round(scenario: Scenario): Promise<Round> {
  await using cleanup = new AsyncDisposableStack()
  const receiver = await Receiver.start()
  cleanup.defer(() => receiver.stop())
  const relay = await BenchRelay.start()
  cleanup.defer(() => relay.stop())

  const flooded = await relay.account('Flooded')
  const others = await Promise.all([1, 2, 3].map((n) => relay.account(`Other ${n}`)))
  const line = async (group: Group, account: Account, path: string, trigger: string): Promise<Line> => {
    await newWebhook(account, receiver.url + path, trigger)
    return { group, key: account.ingestKey, path, trigger }
  }
  const lines = await Promise.all([
    line('same webhook', flooded, '/flooded', TRIGGERS[0]),
    line('same account', flooded, '/beside', TRIGGERS[1]),
    ...others.map((account, n) => line('other account', account, `/other-${n}`, TRIGGERS[0])),
  ])
  await receiver.behave('/flooded', scenario.receiver)

  const background = new Background(relay.url, receiver, lines, Number(options.background))
  background.start()
  await passMs(5_000) // The first of everything: compiled code, connections, objects.
  const floorStart = workerdTimes()
  const floor = { fromMs: nowMs(), untilMs: 0 }
  await passMs(Number(options.floor) * 1_000)
  floor.untilMs = nowMs()

  const floodStart = workerdTimes()
  const during = { fromMs: nowMs(), untilMs: 0 }
  const plan = {
    ...scenario.plan,
    url: relay.url,
    key: flooded.ingestKey,
    name: 'flood',
    trigger: TRIGGERS[0],
    pace: options.pace === undefined ? null : Number(options.pace),
  }
  const mostMs = Number(options.most) * 1_000
  const posted = await flood(plan, mostMs)
  for (;;) {
    const { taken } = await receiver.count('/flooded')
    if (taken >= EVENTS || nowMs() - during.fromMs > mostMs) break
    await passMs(50)
  }
  during.untilMs = nowMs()
  const floodEnd = workerdTimes()
  const { taken, requests } = await receiver.count('/flooded')
  const samples = await background.stop()

  const floodMs = during.untilMs - during.fromMs
  const floorShare = (floodStart.cpuMs - floorStart.cpuMs) / (floor.untilMs - floor.fromMs)
  const floorWaited = (floodStart.waitedMs - floorStart.waitedMs) / (floor.untilMs - floor.fromMs)
  const floodWaited = (floodEnd.waitedMs - floodStart.waitedMs) / floodMs
  const floodShare = (floodEnd.cpuMs - floodStart.cpuMs) / floodMs
  return {
    groups: Object.fromEntries(
      GROUPS.map((group) => {
        const own = samples.filter((each) => each.group === group)
        const both = (window: { fromMs: number; untilMs: number }) => ({
          delivered: figuresOf(own, 'deliveredMs', window),
          accepted: figuresOf(own, 'acceptedMs', window),
        })
        const posting = { fromMs: posted.startedMs, untilMs: Math.min(posted.endedMs, during.untilMs) }
        return [group, { floor: both(floor), posting: both(posting), flood: both(during) }]
      }),
    ),
    flooded: posted,
    floodMs,
    taken,
    requests,
    cpuMs: {
      floorShare,
      floodShare,
      floorWaited,
      floodWaited,
      perFloodRequest: ((floodShare - floorShare) * floodMs) / requests,
    },
  }
}

const results: { scenario: string; rounds: Round[] }[] = []
const rows: string[][] = []
for (const scenario of SCENARIOS) {
  if (options.only !== undefined && !scenario.name.includes(options.only)) continue
  const rounds: Round[] = []
  for (let n = 0; n < Number(options.rounds); n += 1) {
    rounds.push(await round(scenario))
    process.stderr.write(`${scenario.name}: round ${n + 1} of ${options.rounds}\n`)
  }
  results.push({ scenario: scenario.name, rounds })
  const own = GROUPS.map((group) => rowOf(scenario, group, rounds))
  rows.push(...own)
  for (const row of own) process.stderr.write(`${row.join('  ')}\n`)
}

function rowOf(scenario: Scenario, group: Group, rounds: readonly Round[]): string[] {
  const of = (
    window: 'floor' | 'posting' | 'flood',
    what: 'delivered' | 'accepted',
    figure: 'p50' | 'p95' | 'p99',
  ) => rounds.map((each) => each.groups[group]?.[window][what][figure] ?? Number.NaN)
  const ratio = (figure: 'p50' | 'p95' | 'p99', what: 'delivered' | 'accepted' = 'delivered'): number => {
    const floors = of('floor', what, figure)
    return median(of('flood', what, figure).map((value, n) => value / (floors[n] ?? Number.NaN)))
  }
  const three = (
    window: 'floor' | 'posting' | 'flood',
    what: 'delivered' | 'accepted' = 'delivered',
  ): string =>
    (['p50', 'p95', 'p99'] as const).map((figure) => ms(median(of(window, what, figure)))).join(' / ')
  const percents = (...shares: (keyof Round['cpuMs'])[]): string =>
    shares
      .map((share) => `${(100 * median(rounds.map((each) => each.cpuMs[share]))).toFixed(0)} %`)
      .join(' / ')
  const isFirst = group === GROUPS[0]
  return [
    isFirst ? scenario.name : '',
    `${group}${scenario.bystanders.includes(group) ? ' *' : ''}`,
    three('floor'),
    three('posting'),
    three('flood'),
    `${times(ratio('p50'))} / ${times(ratio('p95'))} / ${times(ratio('p99'))}`,
    times(ratio('p50', 'accepted')),
    isFirst ? `${ms(median(rounds.map((each) => each.floodMs / 1_000)))} s` : '',
    isFirst ? ms(median(rounds.map((each) => each.cpuMs.perFloodRequest))) : '',
    isFirst ? percents('floorShare', 'floodShare') : '',
    isFirst ? percents('floorWaited', 'floodWaited') : '',
  ]
}

printTable(
  [
    'flood of',
    'calls of (* bystanders)',
    'alone p50/p95/p99',
    'while posting',
    'all the flood',
    'flood ÷ alone',
    '202 p50',
    'took',
    'CPU-ms each',
    'CPU alone/flood',
    'starved alone/flood',
  ],
  rows,
)
const json = JSON.stringify({ events: EVENTS, node: process.version, results })
if (options.json === undefined) console.log(json)
else writeFileSync(options.json, json)
process.exit(0)
