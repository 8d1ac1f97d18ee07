import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { WebhookRow } from '../../src/contracts/configuration.ts'
import type { Env } from '../../src/contracts/env.ts'
import type { AttemptReport, DeliveryMessage, Job } from '../../src/contracts/jobs.ts'
import { consume } from '../../src/delivery/consumer.ts'
import { knownDestination, openDestination } from '../../src/delivery/destination.ts'
import { makeJobs } from '../../src/delivery/maker.ts'
import { newSecret } from '../../src/delivery/sign.ts'
import { eventWith, webhookWith } from '../support/sample-webhook.ts'

const KEYS = ['test-encryption-key-0123456789'] as const
const NOW_MS = 1_628_512_124_500

// Node has not all that the vault is made of.
vi.mock('../../src/store/vault.ts', () => ({
  vaultOf: async () => ({
    open: async (sealed: string) => {
      if (!sealed.startsWith('sealed:')) throw new Error('sealed with another ENCRYPTION_KEY')
      return sealed.slice('sealed:'.length)
    },
  }),
}))

const sealed = {
  secrets: `sealed:${JSON.stringify({ current: newSecret(new Uint8Array(32)), previous: [] })}`,
  header: 'sealed:Bearer s3cret-token',
}

function rowWith(more: Partial<WebhookRow> = {}): WebhookRow {
  return {
    ...webhookWith({ headers: [{ key: 'Authorization', value: sealed.header }] }),
    id: 'wh_1',
    account_id: 'acc_1',
    kind: 'call',
    version: 1,
    status: 'active',
    status_reason: null,
    status_changed_at: 0,
    discards: 0,
    secrets: sealed.secrets,
    created_at: 0,
    updated_at: 0,
    ...more,
  }
}

/** The n-th job: of the n-th event, of a call of its own. */
function jobOf(n: number, webhook = rowWith()): Job {
  const event = {
    ...eventWith({ id: `evt_${n}`, call_id: `call-${n}` }),
    seq: n,
    n: 1,
    ulid: '01J4ZJ7B3E6F9H2J5K8M1N4Q7R',
    position: 1,
    late: false,
    received_at: NOW_MS,
    rank: 1,
    released_at: NOW_MS,
    webhooks: ['wh_1'],
  }
  const place = { account_id: 'acc_1', shard: 2 }
  return {
    ...place,
    webhook,
    token: n,
    attempt: 1,
    via: 'inline',
    delivery_id: `dlv_${n}`,
    event,
    variables: '{}',
  }
}

const jobs = (from: number, to: number): Job[] =>
  Array.from({ length: to - from + 1 }, (_, index) => jobOf(from + index))

/** A shard that keeps what it is told, and answers what the test says. */
class FakeShard {
  readonly told: { atMs: number; tokens: number[]; made: boolean[]; makes: boolean }[] = []
  readonly begun: DeliveryMessage[] = []
  readonly buried: DeliveryMessage[] = []
  next: (reports: AttemptReport[], makes: boolean) => Job[] = () => []
  toBegin: () => Job | null = () => null

  report = vi.fn(async (reports: AttemptReport[], makes: boolean): Promise<Job[]> => {
    this.told.push({
      atMs: Date.now() - NOW_MS,
      tokens: reports.map((each) => each.token),
      made: reports.map((each) => each.result !== null),
      makes,
    })
    return this.next(reports, makes)
  })

  begin = async (message: DeliveryMessage): Promise<Job | null> => {
    this.begun.push(message)
    return this.toBegin()
  }

  undeliverable = async (message: DeliveryMessage): Promise<void> => {
    this.buried.push(message)
  }
}

let shard: FakeShard
const names: string[] = []

function envOf(): Env {
  const env = {
    ADMIN_KEY: 'test-admin-key-0123456789',
    ENCRYPTION_KEY: KEYS[0],
    SHARDS: {
      getByName: (name: string) => {
        names.push(name)
        return shard
      },
    },
  }
  return env as unknown as Env // safe: makers ask for nothing else
}

/** A receiver that answers after so long, by how many it has had. */
let out = 0
let mostOut = 0
function receiver(answersAfterMs: (n: number) => number): void {
  let count = 0
  vi.stubGlobal('fetch', async (_url: string, { signal }: RequestInit) => {
    out += 1
    mostOut = Math.max(out, mostOut)
    const n = (count += 1)
    await new Promise<void>((resolve, reject) => {
      setTimeout(resolve, answersAfterMs(n))
      signal?.addEventListener('abort', () => reject(signal.reason as Error))
    }).finally(() => {
      out -= 1
    })
    return new Response('ok', { headers: { 'content-length': '2' } })
  })
}

beforeEach(async () => {
  await openDestination(KEYS, rowWith())
  vi.useFakeTimers({ now: NOW_MS })
  vi.stubGlobal('scheduler', {
    wait: async (ms: number) =>
      new Promise<void>((resolve) => {
        setTimeout(resolve, ms)
      }),
  })
  shard = new FakeShard()
  names.length = 0
  out = 0
  mostOut = 0
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** What passes until the promise is through, at most so long. */
async function through(promise: Promise<void>, mostMs = 60_000): Promise<number> {
  const over = vi.fn()
  void promise.then(over)
  for (let ms = 0; ms < mostMs && over.mock.calls.length === 0; ms += 10) {
    await vi.advanceTimersByTimeAsync(10)
  }
  await promise
  return Date.now() - NOW_MS
}

describe('the invocation that brought the events', () => {
  test('makes what it was handed, six at a time, and tells at once what came back at once', async () => {
    receiver(() => 20)
    await through(makeJobs(envOf(), shard, jobs(1, 10), NOW_MS, { out: 0 }))
    expect(mostOut).toBe(6)
    expect(shard.told.map(({ tokens }) => tokens)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10],
    ])
    expect(shard.told.every(({ makes, made }) => makes && made.every(Boolean))).toBe(true)
  })

  test('goes on with what it is handed for its reports, until there is nothing', async () => {
    receiver(() => 20)
    shard.next = (reports) => reports.flatMap(({ token }) => (token < 5 ? [jobOf(token + 1)] : []))
    await through(makeJobs(envOf(), shard, [jobOf(1)], NOW_MS, { out: 0 }))
    expect(shard.told.map(({ tokens }) => tokens)).toEqual([[1], [2], [3], [4], [5]])
  })

  test('starts nothing that was asked for too long ago, and gives it back', async () => {
    receiver(() => 20)
    await through(makeJobs(envOf(), shard, [jobOf(1)], NOW_MS - 251, { out: 0 }))
    expect(mostOut).toBe(0)
    expect(shard.told).toMatchObject([{ tokens: [1], made: [false] }])
  })

  test('gives back at once what is too late, where hanging receivers have every connection', async () => {
    receiver((n) => (n <= 6 ? 5_000 : 10))
    await through(makeJobs(envOf(), shard, jobs(1, 8), NOW_MS, { out: 0 }))
    expect(shard.told[0]).toEqual({ atMs: 251, tokens: [7, 8], made: [false, false], makes: false })
    expect(shard.told.slice(1).flatMap(({ tokens }) => tokens)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('takes nothing more that could not end in its time', async () => {
    receiver(() => 1_000)
    shard.next = ([report], makes) => (makes ? [jobOf((report?.token ?? 0) + 1)] : [])
    const tookMs = await through(makeJobs(envOf(), shard, [jobOf(1)], NOW_MS, { out: 0 }))
    expect(tookMs).toBeLessThan(28_000)
    expect(shard.told.at(-1)).toMatchObject({ makes: false })
    // The default timeout is 10 s.
    expect(shard.told.at(-1)?.atMs).toBeGreaterThanOrEqual(18_000)
    expect(shard.told.at(-2)?.atMs).toBeLessThan(18_000)
  })

  test('tells again, through another stub, what an object did not take, and takes no job for it', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    receiver(() => 20)
    shard.report.mockRejectedValueOnce(new Error('reset'))
    await through(makeJobs(envOf(), shard, [jobOf(1)], NOW_MS, { out: 0 }))
    expect(shard.told).toMatchObject([{ tokens: [1], made: [true], makes: false }])
    expect(names).toEqual(['acc_1/2'])
    expect(logged).toHaveBeenCalledOnce()
  })

  test('gives up telling in the end, and throws nothing', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    receiver(() => 20)
    shard.report.mockRejectedValue(new Error('gone'))
    await through(makeJobs(envOf(), shard, [jobOf(1)], NOW_MS, { out: 0 }))
    expect(shard.report).toHaveBeenCalledTimes(3)
    expect(logged).toHaveBeenCalledTimes(3)
  })

  test('makes no attempt at a webhook that cannot be opened', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    receiver(() => 20)
    vi.useRealTimers()
    const row = rowWith({ id: 'wh_other', secrets: 'v1.unknown' })
    await makeJobs(envOf(), shard, [jobOf(1, row)], Date.now(), { out: 0 })
    expect(mostOut).toBe(0)
    expect(shard.told).toMatchObject([{ tokens: [1], made: [false] }])
  })
})

describe('the consumer', () => {
  const message: DeliveryMessage = {
    account_id: 'acc_1',
    shard: 2,
    call_id: 'call-1',
    webhook_id: 'wh_1',
    token: 1,
  }

  async function consumed(body: unknown, queue = 'deliveries') {
    const acked = vi.fn()
    const retried = vi.fn()
    const waited: Promise<unknown>[] = []
    const batch = { queue, messages: [{ body, timestamp: new Date(NOW_MS), ack: acked, retry: retried }] }
    // Safe: it is all that a consumer looks at.
    await consume(batch as unknown as MessageBatch<DeliveryMessage>, envOf(), {
      waitUntil: (promise) => waited.push(promise),
    })
    return { acked, retried, waited }
  }

  test('acknowledges a message once its attempt is claimed, makes it, and takes no other for it', async () => {
    receiver(() => 20)
    shard.toBegin = () => jobOf(1)
    const { acked, waited } = await consumed(message)
    expect(shard.begun).toEqual([message])
    expect(acked).toHaveBeenCalledOnce()
    expect(shard.told).toEqual([])
    await through(Promise.all(waited).then(() => {}))
    expect(shard.told).toMatchObject([{ tokens: [1], made: [true], makes: false }])
  })

  test('drops a message whose claim no longer stands', async () => {
    const { acked, waited } = await consumed(message)
    expect(acked).toHaveBeenCalledOnce()
    expect(waited).toEqual([])
  })

  test('leaves a message to the queue if its shard cannot be asked', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    shard.toBegin = () => {
      throw new Error('overloaded')
    }
    const { acked, retried } = await consumed(message)
    expect(acked).not.toHaveBeenCalled()
    expect(retried).toHaveBeenCalledWith({ delaySeconds: 1 })
  })

  test('tells the shard of a message that the queue gave up', async () => {
    const { acked } = await consumed(message, 'deliveries-dead')
    expect(shard.buried).toEqual([message])
    expect(shard.begun).toEqual([])
    expect(acked).toHaveBeenCalledOnce()
  })

  test.each([null, 'text', {}, { ...message, shard: undefined }, { ...message, token: 1.5 }])(
    'logs and drops %j, which is no delivery',
    async (body) => {
      const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
      const { acked } = await consumed(body)
      expect(acked).toHaveBeenCalledOnce()
      expect(shard.begun).toEqual([])
      expect(logged).toHaveBeenCalledOnce()
    },
  )
})

describe('a webhook that is opened', () => {
  test('is in clear, and the same object for each row that says the same', async () => {
    const destination = await openDestination(KEYS, rowWith())
    expect(destination.config.headers).toEqual([{ key: 'Authorization', value: 'Bearer s3cret-token' }])
    expect(destination.secrets[0]).toMatch(/^whsec_/)
    expect(knownDestination(rowWith({ status: 'paused', discards: 3 }))).toBe(destination)
  })

  test('is opened again for another version, other headers or other secrets', async () => {
    const headers = [{ key: 'Authorization', value: 'sealed:Bearer other-token' }]
    expect(knownDestination(rowWith({ version: 2 }))).toBeNull()
    expect(knownDestination(rowWith({ headers }))).toBeNull()
    expect(knownDestination(rowWith({ headers: [] }))).toBeNull()
    expect(knownDestination(rowWith({ secrets: 'v1.other' }))).toBeNull()
    expect((await openDestination(KEYS, rowWith({ headers }))).config.headers[0]?.value).toBe(
      'Bearer other-token',
    )
  })
})
