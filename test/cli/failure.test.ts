import { expect, test } from 'vitest'
import { refusalOf } from '../../scripts/cli/failure.ts'

test('a problem is told as code, detail and each of its faults', () => {
  const problem = {
    type: 'urn:problem:invalid',
    status: 422,
    code: 'invalid',
    detail: 'At fault: since, limit',
    errors: [
      { path: 'since', message: 'must be a time' },
      { path: '', message: 'must be an\u001b[31m object' },
    ],
  }
  const failure = refusalOf(422, JSON.stringify(problem), null)
  expect(failure.message).toBe(
    'invalid: At fault: since, limit\n  since must be a time\n  must be an�[31m object',
  )
  expect(failure.mayPass).toBe(false)
})

test.each(['<html>Bad gateway</html>', '{}', ''])(
  'an answer of somebody else (%j) is not repeated',
  (body) => {
    expect(refusalOf(502, body, null).message).toBe(
      'status 502, without a word from the relay: is this its URL?',
    )
  },
)

test('what may pass says so, and when', () => {
  expect(refusalOf(503, '', '5')).toMatchObject({ mayPass: true, retryAfterMs: 5000 })
  expect(refusalOf(429, '', null)).toMatchObject({ mayPass: true, retryAfterMs: null })
  expect(refusalOf(401, '', null)).toMatchObject({ mayPass: false })
})
