/** What a state folder holds besides the stores: the version of its layout, and the secrets that a start made. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from './lock.ts'

/**
 * Of the layout: which stores there are, and what their rows mean beyond what migrations change. One that reads
 * less than an older one wrote gets a new number.
 */
export const STATE_VERSION = '2'
const VERSION_FILE = 'version'
/** What version 1 left in a folder, which had no file to say so. */
const VERSION_1 = ['admin-key', 'encryption-key', 'd1', 'do', 'cache', 'ratelimit']

/** The version that a state folder was written by, where that is another one. */
export function otherVersionOf(folder: string): string | null {
  const names = namesIn(folder)
  const version = names.includes(VERSION_FILE)
    ? readFileSync(join(folder, VERSION_FILE), 'utf8').trim()
    : VERSION_1.some((name) => names.includes(name))
      ? '1'
      : STATE_VERSION
  return version === STATE_VERSION ? null : version
}

/** Makes the folder where there is none. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true })
}

/** Has the folder say which version wrote it. */
export function writeVersion(folder: string): void {
  const file = join(folder, VERSION_FILE)
  if (!existsSync(file)) writeFileSync(file, `${STATE_VERSION}\n`)
}

/** A secret of the relay. */
export interface Secret {
  readonly value: string
  /** Where it is kept, or is to be; null where it is set. */
  readonly file: string | null
  /** Null where it is set, or kept already. */
  readonly keep: (() => void) | null
}

/** A secret as it is set, or as an earlier start kept it, or made now and yet to be kept. */
export function secretOf(given: string | undefined, file: string): Secret {
  if (given !== undefined && given !== '') return { value: given, file: null, keep: null }
  if (existsSync(file)) return { value: readFileSync(file, 'utf8').trim(), file, keep: null }
  const value = randomBytes(24).toString('base64url')
  return { value, file, keep: () => writeFileSync(file, `${value}\n`, { mode: 0o600 }) }
}
