/**
 * One relay to a state folder. The folder's lock names the processes that have it in use, and holds for as long as
 * one of them runs: nothing has to be cleared up after a SIGKILL.
 *
 * The file is `lock.N`. Whoever finds that nothing of the highest runs any more links the next one, which the file
 * system lets only one do. Numbers never go back, so one that looked long ago cannot take a number that is free
 * again for the next one.
 */
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as passMs } from 'node:timers/promises'
import { isRunning, processOf, type Process } from './processes.ts'

const NAME = /^lock\.(\d+)$/
/** A relay that was killed together with its workerd may take this long to be gone. */
const GOING_MS = 1_000
const LOOK_AGAIN_MS = 50

/** A lock that this process holds. */
export interface Lock {
  /** Has it hold as well for as long as another process runs, in place of an earlier one. */
  add: (pid: number | undefined) => void
  /** For a process that goes on without the folder. At its end it is let go of anyway. */
  release: () => void
}

/** The process that has a state folder in use, if any. Touches nothing. */
export async function holderOf(folder: string): Promise<Process | null> {
  return (await look(folder)).holder
}

/** The highest lock of a folder, 0 where there is none, and who holds it. */
async function look(folder: string): Promise<{ latest: number; holder: Process | null }> {
  const deadlineMs = Date.now() + GOING_MS
  for (;;) {
    const latest = latestIn(folder)
    const holder = heldBy(folder, latest)
    if (holder === null || Date.now() > deadlineMs) return { latest, holder }
    await passMs(LOOK_AGAIN_MS)
  }
}

/** Takes a state folder for this process. Answers with the process that has it where that is another. */
export async function takeLock(folder: string): Promise<Lock | Process> {
  const own = processOf(process.pid)
  if (own === null)
    throw new Error('this process does not find itself: neither /proc nor ps says when it started')
  const draft = join(folder, `lock-draft-${process.pid}`)
  const write = (holders: readonly Process[]): void => writeFileSync(draft, `${JSON.stringify(holders)}\n`)
  for (;;) {
    const { latest, holder } = await look(folder)
    if (holder !== null) return holder
    const number = latest + 1
    const file = join(folder, `lock.${number}`)
    write([own])
    try {
      if (!linked(draft, file)) continue
    } finally {
      rmSync(draft)
    }
    // Another one that began later may have gone past in the meantime.
    if (latestIn(folder) !== number) {
      rmSync(file)
      continue
    }
    for (const name of locksIn(folder))
      if (name < number) rmSync(join(folder, `lock.${name}`), { force: true })
    const hold = (holders: readonly Process[]): void => {
      write(holders)
      renameSync(draft, file)
    }
    return {
      add: (pid) => {
        const other = pid === undefined ? null : processOf(pid)
        hold(other === null ? [own] : [own, other])
      },
      release: () => hold([]),
    }
  }
}

function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function locksIn(folder: string): number[] {
  return namesIn(folder).flatMap((name) => {
    const number = NAME.exec(name)?.[1]
    return number === undefined ? [] : [Number(number)]
  })
}

/** 0 where there is none. */
function latestIn(folder: string): number {
  return Math.max(0, ...locksIn(folder))
}

function heldBy(folder: string, number: number): Process | null {
  if (number === 0) return null
  const file = join(folder, `lock.${number}`)
  try {
    const holders: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!Array.isArray(holders)) return null
    return holders.filter(isProcess).find(isRunning) ?? null
  } catch (error) {
    // Gone since, for a higher one, past which the next number does not get; or cut short by a power cut.
    if (
      error instanceof SyntaxError ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    )
      return null
    throw error
  }
}

function isProcess(value: unknown): value is Process {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'started' in value &&
    typeof value.started === 'string'
  )
}

/** What a folder holds; nothing where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
