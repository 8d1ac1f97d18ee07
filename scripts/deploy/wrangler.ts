/** wrangler, as a process whose answers are read. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { ROOT, WRANGLER } from '../relay/paths.ts'
import { SECRETS } from './plan.ts'

export type Answer =
  | { readonly ok: true; readonly output: string; readonly targets: readonly string[] }
  | { readonly ok: false; readonly complaint: string }

/** An entry of the file that wrangler reports to (WRANGLER_OUTPUT_FILE_PATH); of others than a deploy nothing is read. */
interface Entry {
  readonly type: string
  readonly targets?: readonly string[]
}

export class Wrangler implements AsyncDisposable {
  readonly #flags: readonly string[]
  readonly #folder: string
  #runs = 0

  private constructor(flags: readonly string[], folder: string) {
    this.#flags = flags
    this.#folder = folder
  }

  /** @param flags for each command: which environment, which configuration */
  static async open(flags: readonly string[]): Promise<Wrangler> {
    return new Wrangler(flags, await mkdtemp(join(tmpdir(), 'relay-deploy-')))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }

  /**
   * Runs a command, which asks nothing.
   * @param input for its stdin: secrets go this way, never by an argument
   */
  async run(args: readonly string[], input = ''): Promise<Answer> {
    const report = this.#report()
    const child = spawn(process.execPath, [WRANGLER, ...args, ...this.#flags], {
      cwd: ROOT,
      env: { ...this.#environment(report), NO_COLOR: '1', FORCE_COLOR: '0' },
    })
    // Where it ends before it has read, it says why.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const ended = new Promise<number | null>((end) => child.once('close', end))
    const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    if (code !== 0) return { ok: false, complaint: complaintOf(errors.trim() === '' ? output : errors) }
    return { ok: true, output, targets: targetsIn(report) }
  }

  /** Runs a command that shows what it does, and in a terminal may ask. */
  async show(args: readonly string[]): Promise<Answer> {
    const report = this.#report()
    const child = spawn(process.execPath, [WRANGLER, ...args, ...this.#flags], {
      cwd: ROOT,
      env: this.#environment(report),
      stdio: ['inherit', 'inherit', 'pipe'],
    })
    child.stderr.pipe(process.stderr, { end: false })
    const ended = new Promise<number | null>((end) => child.once('close', end))
    const [errors, code] = await Promise.all([text(child.stderr), ended])
    if (code !== 0) return { ok: false, complaint: complaintOf(errors) }
    return { ok: true, output: '', targets: targetsIn(report) }
  }

  #report(): string {
    this.#runs += 1
    return join(this.#folder, `${this.#runs}.ndjson`)
  }

  /** Without the relay's own secrets, which wrangler has no need of but by stdin. */
  #environment(report: string): NodeJS.ProcessEnv {
    const own: readonly string[] = SECRETS
    const others = Object.entries(process.env).filter(([name]) => !own.includes(name))
    return {
      // It is started several times, and to compile it takes a third of each.
      NODE_COMPILE_CACHE: join(ROOT, '.wrangler', 'compiled'),
      ...Object.fromEntries(others),
      WRANGLER_OUTPUT_FILE_PATH: report,
      WRANGLER_HIDE_BANNER: 'true',
    }
  }
}

function targetsIn(report: string): readonly string[] {
  if (!existsSync(report)) return []
  const lines = readFileSync(report, 'utf8').split('\n').filter(Boolean)
  // Safe: written by wrangler, whose version is pinned.
  return lines.flatMap((line) => (JSON.parse(line) as Entry).targets ?? [])
}

/** What wrangler says of a failure, without its ornaments. */
function complaintOf(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.replace(/^✘ \[ERROR\] /, '').trimEnd())
    .filter((line) => line.trim() !== '' && !/Logs were written to|If you think this is a bug/.test(line))
  return lines.join('\n')
}
