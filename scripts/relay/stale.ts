import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT, ROOT, WRANGLER } from './paths.ts'

const INPUTS = ['src', 'migrations', 'scripts/relay', 'site', 'dashboard', 'docs']
const INPUT_FILES = ['wrangler.toml', 'package.json', 'package-lock.json', 'README.md', 'SECURITY.md']

/**
 * Whether anything is newer than what was built from it, or nothing is built. Without wrangler there is nothing to build
 * with: a container's image has what was built, and not all that it was built from.
 */
export function isStale(): boolean {
  const built = statSync(BUILT, { throwIfNoEntry: false })
  if (built === undefined) return true
  if (!existsSync(WRANGLER)) return false
  const inputs = INPUTS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  return [...inputs, ...INPUT_FILES].some((name) => statSync(join(ROOT, name)).mtimeMs >= built.mtimeMs)
}
