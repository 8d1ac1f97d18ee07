/** The settings of `npm start`, and where they come from. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { ROOT } from './paths.ts'
import { FILE, misnamed } from './setting-names.ts'

export type Settings = Record<string, string | undefined>

/** The settings of the environment, with `.dev.vars` for those that it does not name. */
export function readSettings(): Settings {
  return { ...settingsOfFile(), ...process.env }
}

/** Where a setting comes from that is set, for people. */
export function originOf(name: string): string {
  return process.env[name] === undefined ? FILE : 'the environment'
}

/** `misnamed` of the settings of this process. */
export function misnamedSettings(): string[] {
  return misnamed(Object.keys(settingsOfFile()), Object.keys(process.env))
}

function settingsOfFile(): Settings {
  const file = join(ROOT, FILE)
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
}
