/** D1 as the API has it. Each database is SQLite, so that a migration that fails, fails. */
import type { IncomingMessage } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { json } from 'node:stream/consumers'
import { failed, ok, type Answer } from './answers.ts'

export class Databases {
  readonly #all = new Map<string, DatabaseSync>()

  get names(): string[] {
    return [...this.#all.keys()]
  }

  add(name: string, sql = ''): void {
    const database = new DatabaseSync(':memory:')
    database.exec(sql)
    this.#all.set(name, database)
  }

  tablesOf(name: string): unknown[] {
    const tables = this.#all.get(name)?.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    return (tables?.all() ?? []).map((table) => table['name'])
  }

  async answer(method: string, [, given = '', action]: string[], request: IncomingMessage): Promise<Answer> {
    const id = decodeURIComponent(given)
    if (method === 'POST' && id === '') {
      const { name } = (await json(request)) as { name: string }
      if (this.#all.has(name)) return failed(400, 7_502, `database with name '${name}' already exists`)
      this.add(name)
      return ok({ name, uuid: idOf(name), created_at: '2026-11-28T00:00:00Z', version: 'production' })
    }
    const found = [...this.#all].find(([name]) => name === id || idOf(name) === id)
    if (found === undefined) return failed(404, 7_404, `The database ${id} could not be found`)
    const [name, database] = found
    if (action === 'query') return queried(database, ((await json(request)) as { sql: string }).sql)
    return ok({ name, uuid: idOf(name), version: 'production', num_tables: 1, file_size: 4096 })
  }
}

export function idOf(database: string): string {
  return `00000000-0000-4000-8000-${Buffer.from(database).toString('hex').slice(0, 12).padEnd(12, '0')}`
}

/** As D1 runs it: all of it or nothing. */
function queried(database: DatabaseSync, sql: string): Answer {
  try {
    database.exec('BEGIN')
    const isRead = /^\s*(SELECT|PRAGMA)/i.test(sql)
    const results = isRead ? database.prepare(sql).all() : []
    if (!isRead) database.exec(sql)
    database.exec('COMMIT')
    return ok([{ success: true, results, meta: { duration: 1, changes: 0 } }])
  } catch (error) {
    database.exec('ROLLBACK')
    return failed(400, 7_500, String(error))
  }
}
