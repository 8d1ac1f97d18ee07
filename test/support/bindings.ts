import { runInDurableObject } from 'cloudflare:test'
import { onTestFinished } from 'vitest'
import type { Env } from '../../src/contracts/env.ts'

/*
 * Faults at the bindings: what an object or a consumer asks of D1, of a queue or of another object goes through the
 * test, which may fail it, delay it, or lose its answer.
 */

/** What to do about a request: `next` makes it. `what` is the SQL, or the name of the method. */
export type Around = (what: string, next: () => Promise<unknown>) => Promise<unknown>

/**
 * Gives the Worker and its objects other bindings until the test has ended: all of them, since they share theirs. A
 * fault tells by the request whether it is for it.
 * @param stub any object
 */
export async function rebind(
  stub: DurableObjectStub,
  change: (bindings: Env) => Partial<Env>,
): Promise<void> {
  const restore = await runInDurableObject(stub, (object) => {
    const { env } = object as unknown as { env: Env } // safe: every object has its bindings there
    const changed = change(env)
    const before = Object.fromEntries(Object.keys(changed).map((name) => [name, env[name as keyof Env]]))
    Object.assign(env, changed)
    return () => Object.assign(env, before)
  })
  onTestFinished(() => {
    restore()
  })
}

/** A D1 whose every query goes through `around`. */
export function d1Around(db: D1Database, around: Around): D1Database {
  const inner = new WeakMap<D1PreparedStatement, { sql: string; statement: D1PreparedStatement }>()
  const wrapped = (sql: string, statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get: (target, name) => {
        if (name === 'bind') return (...values: unknown[]) => wrapped(sql, target.bind(...values))
        // Safe: what is left of a statement are the methods that run it.
        const run = Reflect.get(target, name) as (...all: unknown[]) => Promise<unknown>
        return async (...all: unknown[]) => around(sql, async () => run.apply(target, all))
      },
    })
    inner.set(proxy, { sql, statement })
    return proxy
  }
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'prepare') return (sql: string) => wrapped(sql, target.prepare(sql))
      if (name === 'batch')
        return async (statements: D1PreparedStatement[]) => {
          const all = statements.map((each) => inner.get(each) ?? { sql: '', statement: each })
          return around(all.map((each) => each.sql).join('; '), async () =>
            target.batch(all.map((each) => each.statement)),
          )
        }
      return Reflect.get(target, name) as unknown
    },
  })
}

/** A namespace of objects whose every call goes through `around`. */
export function objectsAround(namespace: Env['SHARDS'], around: Around): Env['SHARDS'] {
  return new Proxy(namespace, {
    get: (target, name) => {
      if (name !== 'getByName') return Reflect.get(target, name) as unknown
      return (object: string, options?: DurableObjectNamespaceGetDurableObjectOptions) => {
        const stub = target.getByName(object, options)
        return new Proxy(stub, {
          get: (_stub, method) => {
            return async (...all: unknown[]) =>
              around(String(method), async () => {
                // Safe: a stub has a method for each name that it is asked for.
                const methods = stub as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>
                return methods[String(method)]?.(...all)
              })
          },
        })
      }
    },
  })
}

/** A fault that can be turned on and off, and counts how often it was met. */
export class Fault {
  isOn = false
  met = 0
  readonly around: Around

  /**
   * @param isMine which requests it is for
   * @param happens what it does instead
   */
  constructor(
    isMine: (what: string) => boolean,
    happens: (next: () => Promise<unknown>) => Promise<unknown> = () =>
      Promise.reject(new Error('Network connection lost.')),
  ) {
    this.around = async (what, next) => {
      if (!this.isOn || !isMine(what)) return next()
      this.met += 1
      return happens(next)
    }
  }

  on(): this {
    this.isOn = true
    return this
  }

  off(): void {
    this.isOn = false
  }
}
