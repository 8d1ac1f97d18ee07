import { describe, expect, test } from 'vitest'
import {
  addressOf,
  faultOf,
  nameOf,
  planOf,
  usersOf,
  wantedOf,
  type Found,
  type Plan,
} from '../../scripts/deploy/plan.ts'
import { readiness } from '../../scripts/deploy/ready.ts'

const WANTED = wantedOf({
  name: 'relay',
  d1_databases: [{ binding: 'DB', database_name: 'relay-db' }],
  queues: {
    producers: [{ queue: 'work' }],
    consumers: [{ queue: 'work', dead_letter_queue: 'dead' }, { queue: 'dead' }],
  },
})
const NOTHING: Found = { secrets: null, databases: [], queues: {} }
const ALL: Found = {
  secrets: ['ADMIN_KEY', 'ENCRYPTION_KEY'],
  databases: ['DB'],
  queues: { work: ['relay', 'relay'], dead: ['relay'] },
}

function steps(plan: Plan): string[] {
  return plan.kind === 'steps' ? plan.steps.map(nameOf) : []
}

describe('a deploy does what is missing', () => {
  test('on an empty account: all but the queue that wrangler makes by itself, and the migrations before the code', () => {
    expect(steps(planOf(WANTED, NOTHING))).toEqual([
      'create the D1 database relay-db',
      'create the queue dead',
      'apply the migrations of DB',
      'deploy the Worker',
      'set ADMIN_KEY and ENCRYPTION_KEY',
    ])
  })

  test('when all is there: migrations and code', () => {
    const plan = planOf(WANTED, ALL)
    expect(steps(plan)).toEqual(['apply the migrations of DB', 'deploy the Worker'])
    expect(plan).toMatchObject({ isFirst: false, missingSecrets: [], isSealed: false })
  })

  test('a secret that is set is not asked for again', () => {
    const plan = planOf(WANTED, { ...ALL, secrets: ['ENCRYPTION_KEY', 'OTHER'] })
    expect(plan).toMatchObject({ missingSecrets: ['ADMIN_KEY'], isSealed: false })
  })

  test('a database without its key is told of', () => {
    expect(planOf(WANTED, { ...ALL, secrets: null })).toMatchObject({ isSealed: true, isFirst: true })
  })

  test('a queue of another Worker is not taken', () => {
    const plan = planOf(WANTED, { ...ALL, queues: { work: ['relay', 'shop'], dead: [] } })
    expect(plan).toMatchObject({ kind: 'refused', reasons: [expect.stringContaining('used by shop')] })
  })
})

test('who uses a queue is read from what wrangler prints of it', () => {
  const info =
    'Queue Name: work\nNumber of Producers: 2\nProducers: worker:relay, r2_bucket:files\nNumber of Consumers: 1\nConsumers: worker:shop\n'
  expect(usersOf(info)).toEqual(['relay', 'r2_bucket:files', 'shop'])
  expect(usersOf('Number of Producers: 0\nNumber of Consumers: 0\n')).toEqual([])
})

test.each([
  [
    ['https://relay.acme.workers.dev', 'Producer for work', 'Consumer for dead'],
    'https://relay.acme.workers.dev',
  ],
  [['relay.acme.workers.dev', 'hooks.acme.com (custom domain)'], 'https://hooks.acme.com'],
  [['hooks.acme.com/* (zone name: acme.com)', 'schedule: 0 * * * *'], 'https://hooks.acme.com'],
  [['*.acme.com/*', 'acme.com/hooks/*', 'Producer for work'], null],
])('the address among %j is %j', (targets, address) => {
  expect(addressOf(targets)).toBe(address)
})

test('a secret has 16 characters, and no white space around it', () => {
  expect(faultOf('ADMIN_KEY', 'x'.repeat(16))).toBeNull()
  expect(faultOf('ADMIN_KEY', 'x'.repeat(15))).toContain('16 characters')
  expect(faultOf('ADMIN_KEY', ` ${'x'.repeat(16)}`)).toContain('white space')
})

describe('a relay that was deployed is asked until it is ready', () => {
  /** A relay whose `/health` and `/v1/triggers` are answered with these statuses, the last of them from then on. */
  function world(statuses: readonly (readonly [health: number, triggers: number])[]) {
    let nowMs = 0
    let asked = -1
    return {
      nowMs: () => nowMs,
      passMs: async (durationMs: number) => void (nowMs += durationMs),
      fetch: async (input: string | URL | Request) => {
        const isHealth = new Request(input).url.endsWith('/health')
        if (isHealth) asked += 1
        const [health = 0, triggers = 0] = statuses[Math.min(asked, statuses.length - 1)] ?? []
        if (health === 0) throw new TypeError('fetch failed', { cause: new Error('ENOTFOUND') })
        if (!isHealth) return Response.json({}, { status: triggers })
        return Response.json({ status: 'ok', version: '1.2.3' }, { status: health })
      },
    }
  }

  test('a name that is not known yet, and secrets that are not there yet, are waited for', async () => {
    const found = await readiness(
      'https://r',
      60_000,
      world([
        [0, 0],
        [404, 0],
        [200, 500],
        [200, 401],
      ]),
    )
    expect(found).toEqual({ kind: 'ready', version: '1.2.3' })
  })

  test('in the end it says what is wrong', async () => {
    expect(await readiness('https://r', 10_000, world([[200, 503]]))).toEqual({
      kind: 'not_working',
      status: 503,
    })
    const found = await readiness('https://r', 10_000, world([[0, 0]]))
    expect(found).toEqual({ kind: 'no_answer', reason: 'GET https://r/health: Error: ENOTFOUND' })
  })
})
