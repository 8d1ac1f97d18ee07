import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')
/** The command line of the wrangler that is installed. */
export const WRANGLER = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
/** The file that a build leaves, a `Built`. */
export const BUILT = join(ROOT, 'dist', 'relay.json')
/** The files that the relay serves, made by `npm run site`. */
export const PUBLIC = join(ROOT, 'public')
