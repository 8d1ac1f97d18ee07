import { readdirSync, readFileSync } from 'node:fs'

/** The parts of a system: what does the work, what started it, and npm above that. */
export type Part = 'workerd' | 'node' | 'npm'
export const PARTS: readonly Part[] = ['workerd', 'node', 'npm']

/** What the processes of a group have used so far, or hold now. */
export interface Usage {
  /** User and system time of all threads (ms). */
  cpuMs: Record<Part, number>
  /** Proportional set size (MB): memory that is shared counts by the share. */
  pssMb: Record<Part, number>
  /** How long workerd's first thread, which does the work, was ready and had to wait for a CPU (ms). */
  waitedMs: number
}

/** The unit of times in /proc: USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MS = 10

/** Reads it from /proc: there is nothing to read but on Linux. */
export function usageOf(groupId: number): Usage {
  const usage: Usage = {
    cpuMs: { workerd: 0, node: 0, npm: 0 },
    pssMb: { workerd: 0, node: 0, npm: 0 },
    waitedMs: 0,
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = textOf(`/proc/${pid}/stat`)
    const nameEnd = stat.lastIndexOf(')')
    // After the name in brackets: state, parent, group, and as the 12th and 13th user and system time (proc(5)).
    const fields = stat.slice(nameEnd + 2).split(' ')
    if (Number(fields[2]) !== groupId) continue
    const part = partOf(stat.slice(stat.indexOf('(') + 1, nameEnd))
    usage.cpuMs[part] += (Number(fields[11]) + Number(fields[12])) * TICK_MS
    const pssKb = /^Pss: *(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? '0'
    usage.pssMb[part] += (Number(pssKb) * 1_024) / 1e6
    if (part === 'workerd') usage.waitedMs += Number(textOf(`/proc/${pid}/schedstat`).split(' ')[1]) / 1e6
  }
  return usage
}

/** Sums up the parts. */
export function sum(parts: Record<Part, number>): number {
  return PARTS.reduce((total, part) => total + parts[part], 0)
}

function partOf(name: string): Part {
  if (name === 'workerd') return 'workerd'
  return name.startsWith('npm') ? 'npm' : 'node'
}

/** Empty if the process is gone by now. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
