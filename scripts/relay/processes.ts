/** Processes, known by more than their id: ids are given again. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Process {
  readonly pid: number
  /** When it was started, as the system says it; only to be compared. */
  readonly started: string
}

/** A process that runs now, or null. */
export function processOf(pid: number): Process | null {
  const started = process.platform === 'linux' ? startedInProc(pid) : startedByPs(pid)
  return started === null ? null : { pid, started }
}

/** Whether a process is still there, and not another one under its id. */
export function isRunning(known: Process): boolean {
  return processOf(known.pid)?.started === known.started
}

function startedInProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name in brackets, which may hold anything: the state first, the start 19 fields on.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, started] = [fields[0], fields[19]]
    // It has ended, and its parent has yet to ask how.
    if (state === 'Z' || state === 'X' || started === undefined) return null
    // Counted from the boot, so a boot tells two that were started as long after it apart.
    return `${started} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return null
  }
}

function startedByPs(pid: number): string | null {
  try {
    // To the second, which is enough: no system gives an id again so soon.
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return text === '' ? null : text
  } catch {
    return null
  }
}
