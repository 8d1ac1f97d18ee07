/**
 * `npm run bench:answers`: how long it takes to find calls and deliveries in a shard that is full of them, and what
 * deliveries feel of it meanwhile. The shard's storage is filled first, as the shard would have written it: a week of
 * calls, five deliveries a call. Prints a table, and JSON.
 *
 *   --calls 1000000  so many             --repeats 30    of each question
 *   --seconds 60     of deliveries alone, and as many beside questions, in six turns
 *   --asked 10       questions a second beside deliveries
 *   --background 20  calls a second, of three events each
 *   --folder DIR     keeps what was filled there, and takes what is there already
 *   --json FILE      writes the JSON there and not to the output
 * State is kept under TMPDIR if no folder is given; a million calls are 3 GB.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as passMs } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { fullAccount, type FullAccount } from './answers/full-account.ts'
import { Background, type Sample } from './background.ts'
import { BenchRelay, TRIGGERS, workerdTimes, type Account, type ThreadTimes } from './bench-relay.ts'
import { nowMs } from './clock.ts'
import { figuresOf, ms, printTable, quantile, times, type Figures } from './figures.ts'
import { Receiver } from './receiver-process.ts'

const { values: options } = parseArgs({
  options: {
    calls: { type: 'string', default: '1000000' },
    repeats: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '60' },
    asked: { type: 'string', default: '10' },
    background: { type: 'string', default: '20' },
    folder: { type: 'string' },
    json: { type: 'string' },
  },
})

/** Windows alone, and as many beside questions. */
const ROUNDS = 6

const page = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullable() })
const problem = z.unknown()

/** What is asked, and how long its answer may take at most (ms): the goal. */
interface Question {
  name: string
  path: string
  goalMs: number
}

function questionsOf({ filled, webhooks }: FullAccount): Question[] {
  const FOUND_MS = 50
  const LOOKED_MS = 200
  const path = (list: string, filters: Record<string, string>): string =>
    `/v1/${list}?${new URLSearchParams(filters).toString()}`
  const found = (name: string, list: string, filters: Record<string, string>): Question => ({
    name,
    path: path(list, filters),
    goalMs: FOUND_MS,
  })
  const looked = (name: string, list: string, filters: Record<string, string>): Question => ({
    ...found(name, list, filters),
    goalMs: LOOKED_MS,
  })
  const [webhook = ''] = webhooks
  return [
    ...filled.samples.flatMap(({ day, callId, number }) => [
      found(`a customer's number, +91…, ${day}`, 'calls', { number }),
      found(`the same, 0…, ${day}`, 'calls', { number: number.replace('+91', '0') }),
      found(`the deliveries of a call, ${day}`, 'deliveries', { call_id: callId }),
      looked(`last 6 digits, ${day}`, 'calls', { number: number.slice(-6) }),
    ]),
    found("an agent's number (1 call in 1,000)", 'calls', { number: filled.agent }),
    found('a My Number (1 call in 50)', 'calls', { number: filled.ownNumber }),
    looked('the same, not succeeded: none', 'calls', { number: filled.ownNumber, status: 'unsucceeded' }),
    found('calls, not succeeded', 'calls', { status: 'unsucceeded' }),
    found('calls, expired: one, 6 days ago', 'calls', { status: 'expired' }),
    found('deliveries, not succeeded', 'deliveries', { status: 'unsucceeded' }),
    found('the same, of the first day', 'deliveries', {
      status: 'unsucceeded',
      until: filled.firstDayEnds,
    }),
    found('deliveries, expired: one, 6 days ago', 'deliveries', { status: 'expired' }),
    looked('deliveries answered with 500', 'deliveries', { status_code: '500' }),
    looked('deliveries answered with 418: one, 6 days ago', 'deliveries', { status_code: '418' }),
    looked('deliveries answered with 202: none', 'deliveries', { status_code: '202' }),
    looked('deliveries that timed out: none', 'deliveries', { error: 'timeout' }),
    looked('calls', 'calls', {}),
    looked('calls, a page of 250', 'calls', { limit: '250' }),
    looked('calls with a trigger', 'calls', { trigger: TRIGGERS[0] }),
    looked('calls with a trigger that none has', 'calls', { trigger: 'dtmf_option' }),
    looked('deliveries', 'deliveries', {}),
    looked('deliveries of a webhook that expired: none', 'deliveries', {
      webhook_id: webhook,
      status: 'expired',
    }),
  ]
}

interface Answered extends Question {
  p50: number
  p95: number
  most: number
  found: number
  goesOn: boolean
}

/** Asks each question in turn, so often; the answers of the first time are not timed. */
async function answers(account: Account, questions: readonly Question[]): Promise<Answered[]> {
  const all: Answered[] = []
  for (const question of questions) {
    const answer = await account.manage.get(question.path, page)
    const tookMs: number[] = []
    for (let n = 0; n < Number(options.repeats); n += 1) {
      const sentMs = nowMs()
      await account.manage.get(question.path, page)
      tookMs.push(nowMs() - sentMs)
    }
    const [p50, p95, most] = [0.5, 0.95, 1].map((share) => quantile(tookMs, share))
    all.push({
      ...question,
      p50: p50 ?? Number.NaN,
      p95: p95 ?? Number.NaN,
      most: most ?? Number.NaN,
      found: answer.data.length,
      goesOn: answer.next_cursor !== null,
    })
  }
  return all
}

/** What deliveries took, and the shares of the time that the relay's thread had a CPU, and waited for one. */
interface Felt extends Figures {
  cpu: number
  waited: number
}

interface Window {
  fromMs: number
  untilMs: number
  from: ThreadTimes
  until: ThreadTimes
}

/** The figures of several windows together. */
function felt(samples: readonly Sample[], windows: readonly Window[]): Felt {
  const isInside = ({ sentMs }: Sample): boolean =>
    windows.some(({ fromMs, untilMs }) => sentMs >= fromMs && sentMs < untilMs)
  const share = (what: keyof ThreadTimes): number =>
    sum(windows, ({ from, until }) => until[what] - from[what]) /
    sum(windows, ({ fromMs, untilMs }) => untilMs - fromMs)
  return {
    ...figuresOf(samples.filter(isInside), 'deliveredMs', { fromMs: -Infinity, untilMs: Infinity }),
    cpu: share('cpuMs'),
    waited: share('waitedMs'),
  }
}

function sum(windows: readonly Window[], of: (window: Window) => number): number {
  return windows.reduce((all, window) => all + of(window), 0)
}

/**
 * Deliveries by the clock, alone and while questions are asked by the clock as well. By turns, because a garbage
 * collection of 60 ms each nine seconds is as long as what the p99 leaves out: one window has its p99 among those,
 * the next has not.
 */
async function deliveries(
  relay: BenchRelay,
  receiver: Receiver,
  account: Account,
  questions: readonly Question[],
): Promise<{ alone: Felt; beside: Felt }> {
  const line = { group: 'own', key: account.ingestKey, path: '/0', trigger: TRIGGERS[0] }
  const background = new Background(relay.url, receiver, [line], Number(options.background), `${Date.now()}-`)
  background.start()
  await passMs(3_000)
  const windowMs = (Number(options.seconds) * 1_000) / ROUNDS
  const windowOf = async (work: (untilMs: number) => Promise<unknown>): Promise<Window> => {
    const fromMs = nowMs()
    const from = workerdTimes()
    await work(fromMs + windowMs)
    return { fromMs, untilMs: nowMs(), from, until: workerdTimes() }
  }
  let asked = 0
  const ask = async (untilMs: number): Promise<void> => {
    const startMs = nowMs()
    const out: Promise<unknown>[] = []
    for (let n = 1; nowMs() < untilMs; n += 1, asked += 1) {
      const question = questions[asked % questions.length]
      if (question !== undefined) out.push(account.manage.get(question.path, problem))
      await passMs(Math.max(0, startMs + (n * 1_000) / Number(options.asked) - nowMs()))
    }
    await Promise.all(out)
  }
  const alone: Window[] = []
  const beside: Window[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await windowOf(() => passMs(windowMs)))
    beside.push(await windowOf(ask))
  }
  const samples = await background.stop()
  return { alone: felt(samples, alone), beside: felt(samples, beside) }
}

await using cleanup = new AsyncDisposableStack()
const receiver = await Receiver.start()
cleanup.defer(() => receiver.stop())
const folder = await BenchRelay.folder(options.folder)
const state = await fullAccount(folder, receiver.url, Number(options.calls))
const relay = await BenchRelay.start({}, folder)
cleanup.defer(() => relay.stop())
const account = relay.known(state.manageKey, state.ingestKey)
const questions = questionsOf(state)
// What was filled is of webhooks whose receiver is gone.
for (const [n, id] of state.webhooks.entries()) {
  await account.manage.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}/${n}` }, z.unknown())
}
const answered = await answers(account, questions)
const { alone, beside } = await deliveries(relay, receiver, account, questions)
const { calls, deliveries: stored, databaseMb } = state.filled
console.log(`${calls} calls, ${stored} deliveries, ${databaseMb} MB`)
printTable(
  ['what is looked for', 'p50, ms', 'p95', 'longest', 'goal', 'found'],
  answered.map(({ name, p50, p95, most, goalMs, found, goesOn }) => [
    name,
    ms(p50),
    ms(p95),
    ms(most),
    `${goalMs}`,
    `${found}${goesOn ? ' …' : ''}`,
  ]),
)
const row = (name: string, { count, missing, p50, p95, p99, cpu, waited }: Felt): string[] => [
  name,
  `${count}`,
  `${missing}`,
  ms(p50),
  ms(p95),
  ms(p99),
  cpu.toFixed(2),
  waited.toFixed(2),
]
printTable(
  ['deliveries meanwhile', 'count', 'missing', 'p50, ms', 'p95', 'p99', 'CPU', 'waited'],
  [
    row('alone', alone),
    row(`beside ${options.asked} questions a second`, beside),
    [
      'times that',
      '',
      '',
      ...(['p50', 'p95', 'p99'] as const).map((each) => times(beside[each] / alone[each])),
    ],
  ],
)
const json = JSON.stringify({ filled: state.filled, answered, alone, beside })
if (options.json === undefined) console.log(json)
else writeFileSync(options.json, json)
