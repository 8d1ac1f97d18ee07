/** `npm run size`: the script that the first page loads, gzipped, is at most so large. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildSite } from './build.ts'

const MOST_BYTES = 190 * 1024
const PUBLIC = resolve(import.meta.dirname, '../public')

await buildSite()
const page = readFileSync(join(PUBLIC, 'dashboard.html'), 'utf8')
const scripts = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, name = '']) => name)
if (scripts.length === 0) throw new Error('public/dashboard.html names no script')
const sizes = scripts.map((name) => gzipSync(readFileSync(join(PUBLIC, name))).byteLength)
const bytes = sizes.reduce((sum, each) => sum + each, 0)
console.log(`first load: ${(bytes / 1024).toFixed(1)} of ${MOST_BYTES / 1024} KB of script, gzipped`)
if (bytes > MOST_BYTES) process.exitCode = 1
