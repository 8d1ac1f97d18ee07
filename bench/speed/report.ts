import { median, printTable, times } from '../figures.ts'
import type { Phase, PhaseResult } from './phase.ts'
import type { RoundResult } from './round.ts'
import { SYSTEMS, type SystemName } from './systems.ts'
import { sum } from './usage.ts'

/** One line of the table. */
export interface Line {
  phase: string
  figure: string
  floor: number
  relay: number
  /** Relay to floor. */
  ratio: number
  goal: Goal | null
}

/** Of the ratio, or of the relay alone. */
interface Goal {
  of: 'ratio' | 'relay'
  least?: number
  most?: number
}

/** workerd waits for a CPU now and then even if only the benchmark runs: it shares two with the other processes. */
const MOST_WAITED_PERCENT = 10

type Read = (round: RoundResult) => number

/** The medians of all rounds, beside the goals. A ratio is the median of those of the rounds that ran in turn. */
export function linesOf(rounds: readonly RoundResult[], phases: readonly Phase[]): Line[] {
  const lines: Line[] = []
  const add = (phase: string, figure: string, read: Read, goal: Goal | null = null): void => {
    const of = (system: SystemName): number[] => rounds.filter((each) => each.system === system).map(read)
    const [floor, relay] = [of('floor'), of('relay')]
    const ratios = relay.map((value, round) => value / (floor[round] ?? Number.NaN))
    lines.push({ phase, figure, floor: median(floor), relay: median(relay), ratio: median(ratios), goal })
  }
  for (const { name, perSecond } of phases) {
    const of =
      (read: (result: PhaseResult) => number): Read =>
      (round) => {
        const result = round.phases[name]
        return result === undefined ? Number.NaN : read(result)
      }
    const isSaturated = perSecond === null
    add(
      name,
      'accepts/s',
      of((each) => each.acceptsPerS),
      isSaturated ? { of: 'ratio', least: 0.8 } : null,
    )
    add(
      name,
      'deliveries/s',
      of((each) => each.deliveriesPerS),
      isSaturated ? { of: 'ratio', least: 0.7 } : null,
    )
    for (const p of ['p50', 'p95', 'p99'] as const)
      add(
        name,
        `ack ${p}, ms`,
        of((each) => each.ackMs[p]),
      )
    for (const p of ['p50', 'p95', 'p99'] as const) {
      const most = perSecond === 50 ? { p50: 1.3, p95: undefined, p99: 1.5 }[p] : undefined
      const goal: Goal | null = most === undefined ? null : { of: 'ratio', most }
      add(
        name,
        `post to receiver ${p}, ms`,
        of((each) => each.postToReceiverMs[p]),
        goal,
      )
    }
    const cpuGoal: Goal | null = isSaturated ? { of: 'ratio', most: 1.5 } : null
    add(
      name,
      'CPU s for 1,000 deliveries',
      of((each) => sum(each.cpuS)),
      cpuGoal,
    )
    add(
      name,
      '  workerd alone',
      of((each) => each.cpuS.workerd),
    )
  }
  for (const [when, title, most] of [
    ['idle', 'idle', 250],
    ['end', 'at the end', undefined],
    ['full', 'after 100,000 deliveries', 400],
  ] as const) {
    if (rounds.some((each) => each.pssMb[when] === null)) continue
    const goal: Goal | null = most === undefined ? null : { of: 'relay', most }
    add('memory (PSS, MB)', title, (round) => sumOf(round.pssMb[when]), goal)
    add('memory (PSS, MB)', '  workerd alone', (round) => round.pssMb[when]?.workerd ?? Number.NaN)
    add('memory (PSS, MB)', '  npm alone', (round) => round.pssMb[when]?.npm ?? Number.NaN)
  }
  return lines
}

function sumOf(parts: Parameters<typeof sum>[0] | null): number {
  return parts === null ? Number.NaN : sum(parts)
}

/** Prints the table, and below it whether everything arrived and what else had the CPUs. */
export function print(lines: readonly Line[], rounds: readonly RoundResult[]): void {
  const rows: string[][] = []
  let last = ''
  for (const { phase, figure, floor, relay, ratio, goal } of lines) {
    if (phase !== last) rows.push([phase, '', '', '', ''])
    last = phase
    rows.push([
      `  ${figure}`,
      number(floor),
      number(relay),
      Number.isFinite(ratio) ? times(ratio) : '-',
      textOf(goal, { ratio, relay }),
    ])
  }
  printTable(['figure', 'floor', 'relay', 'ratio', 'goal'], rows)
  console.log()
  for (const system of SYSTEMS) for (const remark of remarksOn(system, rounds)) console.log(remark)
}

function textOf(goal: Goal | null, values: { ratio: number; relay: number }): string {
  if (goal === null) return ''
  const value = values[goal.of]
  const isMet = value >= (goal.least ?? -Infinity) && value <= (goal.most ?? Infinity)
  const bound = goal.least === undefined ? `≤ ${goal.most}` : `≥ ${goal.least}`
  return Number.isNaN(value) ? bound : `${bound}  ${isMet ? 'met' : 'missed'}`
}

function number(value: number): string {
  if (Number.isNaN(value)) return '-'
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** What is not in the table and has to be known to trust it. */
function remarksOn(system: SystemName, rounds: readonly RoundResult[]): string[] {
  const own = rounds.filter((each) => each.system === system)
  const results = own.flatMap((each) => Object.entries(each.phases))
  if (results.length === 0) return []
  const total = (read: (result: PhaseResult) => number): number =>
    results.reduce((so, [, result]) => so + read(result), 0)
  const remarks = [
    `${system}: ${total((each) => each.accepted)} events accepted, ${total((each) => each.delivered)} deliveries, ` +
      `${total((each) => each.lost)} lost, ${total((each) => each.repeated)} repeated, ` +
      `${total((each) => each.disordered)} out of order`,
  ]
  const refused = new Map<string, number>()
  for (const [, result] of results) {
    for (const [status, count] of Object.entries(result.refused))
      refused.set(status, (refused.get(status) ?? 0) + count)
  }
  for (const [status, count] of refused) {
    const meaning = status === '429' ? ', the rate limit' : ''
    remarks.push(`${system}: ${count} posts came to ${status}${meaning}, and not to 202`)
  }
  for (const name of new Set(results.map(([phase]) => phase))) {
    const share = (read: (result: PhaseResult) => number): number =>
      Math.round(100 * median(own.flatMap((each) => each.phases[name] ?? []).map(read)))
    const waited = share((each) => each.shares.waited)
    remarks.push(
      `${system}, ${name}: of one CPU workerd had ${share((each) => each.shares.workerd)} % and waited for ` +
        `${waited} %, the sender had ${share((each) => each.shares.sender)} %, ` +
        `the receivers ${share((each) => each.shares.receivers)} %` +
        (waited > MOST_WAITED_PERCENT ? ': the machine had other work, and the figures show it' : ''),
    )
  }
  return remarks
}
