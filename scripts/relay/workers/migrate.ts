/** Runs in workerd, before the relay does: applies the migrations that D1 does not have yet. */
import type { D1Database } from '@cloudflare/workers-types'

interface Env {
  DB: D1Database
  MIGRATIONS: readonly { name: string; statements: readonly string[] }[]
}

export default {
  async fetch(_request: unknown, { DB: db, MIGRATIONS: migrations }: Env): Promise<Response> {
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
      return new Response('done')
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  },
}
