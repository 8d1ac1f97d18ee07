/** What ends a command, in words for whoever gave it. Pure. */
import * as z from 'zod'
import { plain } from './plain.ts'

/** A command that could not do what it was to do: exit status 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
  /** Whether the same may be answered in a while: the relay was not there, or could not. */
  readonly mayPass: boolean
  /** How long (ms) the relay asked to be left alone, if it did. */
  readonly retryAfterMs: number | null

  constructor(message: string, more: { mayPass?: boolean; retryAfterMs?: number | null } = {}) {
    super(message)
    this.mayPass = more.mayPass ?? false
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}

/** A command that was not given as it has to be: exit status 2. */
export class Misuse extends Error {
  override readonly name = 'Misuse'
}

const problem = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

/** An answer that is not a success, as `code: detail` and each of its faults in a line. */
export function refusalOf(status: number, body: string, retryAfter: string | null): Failure {
  const read = problem.safeParse(parsed(body))
  const seconds = Number(retryAfter ?? Number.NaN)
  const more = {
    mayPass: status === 429 || status >= 500,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
  }
  // A proxy in between has no problem documents, and whatever is wrong its page would not fit here.
  if (!read.success)
    return new Failure(`status ${status}, without a word from the relay: is this its URL?`, more)
  const { code, detail, errors = [] } = read.data
  const faults = errors.map(({ path, message }) => {
    const flag = path === 'account_id' ? ': give --account acc_… (`accounts list` has the ids)' : ''
    return `\n  ${path === '' ? message : `${path} ${message}`}${flag}`
  })
  return new Failure([`${code}: ${detail}`, ...faults].map(lineOf).join('\n'), more)
}

function lineOf(line: string): string {
  return plain(line.replace('\n', ''))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
