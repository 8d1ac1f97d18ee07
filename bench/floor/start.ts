/**
 * Starts the floor as a process of its own: its Worker in workerd, on an embedded object that keeps its state in a
 * folder, set up as scripts/relay.ts does it for the relay. Settings come from the environment: `STATE_DIR`,
 * `RECEIVERS` (their URLs, by comma) and `PORT` (any free one by default).
 */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'

const HOST = '127.0.0.1'
const { STATE_DIR: stateDir, RECEIVERS: receivers, PORT: port = '0' } = process.env
if (stateDir === undefined || receivers === undefined)
  throw new Error('STATE_DIR and RECEIVERS have to be set')

const floor = new Miniflare({
  ...convertV4MiniflareOptions({
    name: 'floor',
    // One file and no imports but workerd's own: taking the types out is all the building that it needs.
    modules: [
      {
        type: 'ESModule',
        path: 'worker.js',
        contents: stripTypeScriptTypes(readFileSync(join(import.meta.dirname, 'worker.ts'), 'utf8')),
      },
    ],
    compatibilityDate: '2026-10-20',
    durableObjects: { FLOOR: { className: 'Floor', useSQLite: true } },
    bindings: { RECEIVERS: receivers },
    unsafeDirectSockets: [{ host: HOST, port: Number(port) }],
    host: HOST,
    port: 0,
    cf: false,
    log: new Log(LogLevel.WARN),
  }),
  resourcePersistencePath: stateDir,
})
await floor.ready
console.log(`floor ready on ${(await floor.unsafeGetDirectURL()).origin}`)
