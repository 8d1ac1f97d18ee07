/**
 * Runs in workerd, before the relay does: applies the migrations that D1 does not have yet, and counts what is sealed
 * there with a key that is not one of those given. Answers with `Sealed`.
 */
import type { D1Database } from '@cloudflare/workers-types'
import { vaultOf } from '../../../src/store/vault.ts'
import type { Sealed } from '../sealed.ts'

interface Env {
  DB: D1Database
  MIGRATIONS: readonly { name: string; statements: readonly string[] }[]
  ENCRYPTION_KEYS: readonly [current: string, ...former: string[]]
}

export default {
  async fetch(_request: unknown, env: Env): Promise<Response> {
    const { DB: db, MIGRATIONS: migrations } = env
    try {
      // The table that `wrangler d1 migrations apply` keeps as well.
      await db.exec(
        'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)',
      )
      const applied = await db.prepare('SELECT name FROM d1_migrations').all()
      const done = new Set(applied.results.map((row) => row['name']))
      for (const { name, statements } of migrations) {
        if (done.has(name)) continue
        const record = db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name)
        await db.batch([...statements.map((statement) => db.prepare(statement)), record])
      }
      return Response.json(await sealedIn(db, env.ENCRYPTION_KEYS))
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  },
}

/** A sealed value begins with the name of its key, so that none has to be opened. */
async function sealedIn(db: D1Database, keys: Env['ENCRYPTION_KEYS']): Promise<Sealed> {
  const { prefix, formerPrefixes } = await vaultOf(keys)
  const known = JSON.stringify([prefix, ...formerPrefixes])
  const counted = await db
    .prepare(
      `SELECT count(*) AS count, count(*) FILTER (
         WHERE substr(sealed, 1, ${prefix.length}) NOT IN (SELECT value FROM json_each(?))
       ) AS unreadable FROM (
         SELECT secrets AS sealed FROM webhooks
         UNION ALL SELECT value ->> 'value' FROM webhooks, json_each(headers)
         UNION ALL SELECT value ->> 'value' FROM webhook_versions, json_each(config, '$.headers')
       )`,
    )
    .bind(known)
    .first<Sealed>()
  return counted ?? { count: 0, unreadable: 0 }
}
