/**
 * `npm run bench:speed`: the relay beside a floor (bench/floor/), a minimal Worker that makes an event durable and
 * fetches the same three receivers. 6 events a call, 3 webhooks, new calls all the time; first as fast as answers
 * come, then at a steady pace. Each round starts both, in turn, on fresh state; the figures are medians.
 *
 *   --rounds 3        --only saturation|steady  those phases alone
 *   --seconds N       for each phase, for quick use: 15 at saturation and 30 at a steady pace without it
 *   --memory          goes on until 100,000 deliveries are made, and reads the memory then
 *   --system NAME     floor or relay alone
 *   --json FILE       writes all figures there as JSON; - prints them in place of the table
 * State is kept under TMPDIR, which is to be on a disk: a RAM disk takes the commit from both.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import type { Phase } from './speed/phase.ts'
import { linesOf, print } from './speed/report.ts'
import { runRound, type RoundResult } from './speed/round.ts'
import { SYSTEMS } from './speed/systems.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string' },
    seconds: { type: 'string' },
    memory: { type: 'boolean', default: false },
    system: { type: 'string' },
    json: { type: 'string' },
  },
})

/** The number of an option, or what it is without the option. */
function numberOf(option: string | undefined, otherwise: number): number {
  const number = option === undefined ? otherwise : Number(option)
  if (!(number > 0)) throw new Error(`an option has to be a number above 0, not '${option}'`)
  return number
}

/** Connections that a steady pace may use: more than it needs while answers come. */
const STEADY_CONNECTIONS = 64

function saturation(connections: number): Phase {
  const name = `saturation, ${connections} connections`
  return { name, connections, perSecond: null, seconds: numberOf(options.seconds, 15), events: null }
}

function steady(perSecond: number): Phase {
  const seconds = numberOf(options.seconds, 30)
  return {
    name: `steady, ${perSecond} events/s`,
    connections: STEADY_CONNECTIONS,
    perSecond,
    seconds,
    events: null,
  }
}

const kinds = { saturation: [saturation(8), saturation(32)], steady: [steady(20), steady(50)] }
const phases = Object.entries(kinds).flatMap(([kind, own]) => ((options.only ?? kind) === kind ? own : []))
if (phases.length === 0) throw new Error('--only takes saturation or steady')
const systems = SYSTEMS.filter((name) => (options.system ?? name) === name)
if (systems.length === 0) throw new Error('--system takes floor or relay')

/** The file system that holds a folder, by its longest mount point. */
function fileSystemOf(folder: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
  const holds = ([, point = '']: string[]): boolean =>
    `${folder}/`.startsWith(point === '/' ? '/' : `${point}/`)
  const [mount] = mounts.filter(holds).sort((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))
  return mount?.[2] ?? 'unknown'
}

// An end from outside is one that ends what was started, too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const roundCount = numberOf(options.rounds, 3)
const rounds: RoundResult[] = []
for (let round = 1; round <= roundCount; round += 1) {
  for (const system of systems) {
    process.stderr.write(`round ${round}: ${system}\n`)
    rounds.push(await runRound(system, phases, options.memory))
  }
}
const lines = linesOf(rounds, phases)
const machine = { cpus: availableParallelism(), node: process.version, stateOn: fileSystemOf(tmpdir()) }
const json = JSON.stringify({ machine, lines, rounds }, null, 1)
if (options.json === '-') console.log(json)
else {
  console.log(
    `Rounds: ${roundCount}. Machine: ${machine.cpus} CPUs, Node ${machine.node}, state on ${machine.stateOn}. ` +
      'Medians; a ratio is the median of those of each round.\n',
  )
  print(lines, rounds)
  if (options.json !== undefined) writeFileSync(options.json, json)
}
const isHurt = rounds.some(
  ({ system, phases: own }) =>
    system === 'relay' && Object.values(own).some((each) => each.lost > 0 || each.disordered > 0),
)
if (isHurt) console.error('The relay lost deliveries or made them out of order.')
process.exit(isHurt ? 1 : 0)
