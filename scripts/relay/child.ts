/** A script of this folder as a process of its own, which takes what it has loaded with it when it ends. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill()
})

/**
 * Runs a script and returns what it writes, in the pieces that it came in: one of them all would stay in memory too.
 * What it complains of is passed on.
 * @param started is told the process's id
 * @throws Error with what it says is wrong
 */
export async function run(
  script: string,
  input: string,
  started: (pid: number | undefined) => void = () => {},
): Promise<Buffer[]> {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, script),
  ])
  started(child.pid)
  running.add(child)
  const ended = new Promise<number | null>((end) => child.once('close', end))
  // Where it ends before it has read, it has said why.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [output, complaint] = await Promise.all([pieces(child.stdout), pieces(child.stderr)])
  const code = await ended
  running.delete(child)
  if (code !== 0)
    throw new Error(Buffer.concat(complaint).toString().trim() || `${script} ended with ${code}`)
  for (const piece of complaint) process.stderr.write(piece)
  return output
}

async function pieces(stream: Readable): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const piece of stream) if (Buffer.isBuffer(piece)) found.push(piece)
  return found
}
