import { afterEach, expect, test, vi } from 'vitest'
import { app } from '../../src/api/app.ts'
import { ADMIN_KEY, env } from '../support/relay.ts'
import type { ProblemBody } from '../support/control.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Creates an account on a D1 that fails with this error. */
async function createWith(failure: Error): Promise<{ answer: Response; logged: string }> {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const statement = { bind: () => statement, run: () => Promise.reject(failure) }
  const DB = { prepare: () => statement, batch: () => Promise.reject(failure) }
  const answer = await app.request(
    '/v1/accounts',
    {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'A name that is nobody else’s' }),
    },
    { ...env, DB },
  )
  return { answer, logged: JSON.stringify(log.mock.calls) }
}

test('a failure of ours is a 500 that says nothing of it, and the log has its message and no data', async () => {
  const { answer, logged } = await createWith(new Error('D1_ERROR: disk I/O error'))
  expect(answer.status).toBe(500)
  const text = await answer.text()
  expect(JSON.parse(text) as ProblemBody).toMatchObject({ code: 'internal', status: 500 })
  expect(text).not.toMatch(/D1|insert|stack|at /i)
  expect(logged).toContain('disk I/O error')
  expect(logged).not.toContain('nobody else')
})

test('a database that is overloaded is a 503 that says when to come back', async () => {
  const { answer } = await createWith(new Error('D1_ERROR: D1 DB is overloaded. Too many requests queued.'))
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await answer.json()).toMatchObject({ code: 'unavailable' })
})
