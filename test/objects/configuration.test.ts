import { runInDurableObject } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import type { AccountState, WebhookRow } from '../../src/contracts/configuration.ts'
import { Configuration } from '../../src/shard/configuration.ts'
import { migrate } from '../../src/shard/schema.ts'
import { env } from '../support/relay.ts'
import { webhookWith } from '../support/sample-webhook.ts'

const ACCOUNT = 'acc_1'
const SHARD = 2
const EVENT = {
  trigger: 'call_answered_by_agent',
  call_type: 'inbound',
  outbound_type: null,
  number: null,
} as const

function webhook(id: string, more: Partial<WebhookRow> = {}): WebhookRow {
  return {
    ...webhookWith({ triggers: ['call_answered_by_agent'] }),
    id,
    account_id: ACCOUNT,
    kind: 'call',
    version: 1,
    status: 'active',
    status_reason: null,
    status_changed_at: 0,
    discards: 0,
    secrets: 'sealed',
    created_at: 0,
    updated_at: 0,
    ...more,
  }
}

function state(version: number, webhooks: WebhookRow[] = [], more: Partial<AccountState> = {}): AccountState {
  return {
    account_id: ACCOUNT,
    version,
    exists: true,
    shards: 1,
    webhooks_enabled: true,
    country: 'IN',
    webhooks,
    ...more,
  }
}

/** Runs inside an object of its own, with its SQLite. `open` reads what is stored, as a restart does. */
async function inShard(
  body: (open: () => Configuration, storage: DurableObjectStorage) => void | Promise<void>,
): Promise<void> {
  const stub = env.SHARDS.getByName(crypto.randomUUID())
  await runInDurableObject(stub, async (_object, { storage }) => {
    await body(() => new Configuration(storage.sql), storage)
  })
}

describe('the country of the account', () => {
  const call = { trigger: 'call_answered_by_agent', call_type: 'inbound', outbound_type: null } as const
  const rows = [
    webhook('wh_in', { numbers: ['+918069010148'] }),
    webhook('wh_us', { numbers: ['+18069010148'] }),
  ]
  const matched = (configuration: Configuration) =>
    configuration.matching({ ...call, number: '(806) 901-0148' })

  test('says how numbers are read, from the moment that it is handed over and after a restart', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, rows), SHARD, 0)
      expect(matched(shard)).toEqual(['wh_in'])
      shard.apply(state(2, rows, { country: 'US' }), SHARD, 0)
      expect(matched(shard)).toEqual(['wh_us'])
      expect(matched(open())).toEqual(['wh_us'])
    })
  })

  test('is India in what was stored before there was one', async () => {
    await inShard((open, storage) => {
      open().apply(state(7, rows, { country: 'US' }), SHARD, 0)
      storage.sql.exec('ALTER TABLE account DROP COLUMN country')
      storage.sql.exec('UPDATE schema SET version = 1')
      migrate(storage)
      expect([open().version, matched(open())]).toEqual([7, ['wh_in']])
    })
  })
})

describe('a configuration that is handed over', () => {
  test('is there after a restart', async () => {
    await inShard((open) => {
      const first = open()
      expect([first.isKnown, first.version, first.exists]).toEqual([false, 0, true])
      const row = webhook('wh_1', { max_age_seconds: 60, headers: [{ key: 'X', value: 'sealed' }] })
      expect(first.apply(state(7, [row]), SHARD, 0).changes).toEqual([
        { webhookId: 'wh_1', before: undefined, after: row, discardsRose: false },
      ])
      const again = open()
      expect([again.isKnown, again.version, again.accountId, again.shard]).toEqual([true, 7, ACCOUNT, SHARD])
      expect(again.webhook('wh_1')).toEqual(row)
      expect(again.standing('wh_1')).toEqual({
        status: 'active',
        ordering: 'per_call',
        discardUpToSeq: 0,
        maxAgeMs: 60_000,
      })
      expect(again.matching(EVENT)).toEqual(['wh_1'])
    })
  })

  test('counts once, and never over a newer one', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(3, [webhook('wh_1', { status: 'paused' })]), SHARD, 0)
      expect(shard.apply(state(3, []), SHARD, 0).changes).toEqual([])
      expect(shard.apply(state(2, [webhook('wh_1')]), SHARD, 0).changes).toEqual([])
      expect([shard.version, shard.standing('wh_1').status]).toEqual([3, 'paused'])
    })
  })

  test('says what changed, and writes no more than that', async () => {
    await inShard((open, { sql }) => {
      const shard = open()
      const many = Array.from({ length: 50 }, (_, n) => webhook(`wh_${n}`, { numbers: [`${n}`] }))
      shard.apply(state(1, many), SHARD, 0)
      const next = many.map((row, n) => (n === 7 ? { ...row, secrets: 'rotated' } : structuredClone(row)))
      let rows = 0
      const exec = sql.exec.bind(sql)
      const counting = new Proxy(sql, {
        get:
          () =>
          (query: string, ...values: unknown[]) => {
            const cursor = exec(query, ...values)
            rows += cursor.rowsWritten
            return cursor
          },
      })
      const counted = new Configuration(counting)
      rows = 0
      expect(counted.apply(state(2, next), SHARD, 0).changes).toEqual([
        { webhookId: 'wh_7', before: many[7], after: next[7], discardsRose: false },
      ])
      expect(rows).toBe(2)
    })
  })
})

describe('what is discarded', () => {
  test('is what came up to the disable, whatever becomes of the webhook then', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, [webhook('wh_1'), webhook('wh_2', { discards: 4 })]), SHARD, 10)
      expect(shard.standing('wh_2').discardUpToSeq).toBe(0)
      const disabled = webhook('wh_1', { status: 'disabled', discards: 1 })
      const applied = shard.apply(state(2, [disabled, webhook('wh_2', { discards: 4 })]), SHARD, 41)
      expect(applied.changes.map((each) => [each.webhookId, each.discardsRose])).toEqual([['wh_1', true]])
      expect(shard.matching(EVENT)).toEqual(['wh_2'])
      shard.apply(state(3, [webhook('wh_1', { discards: 1 })]), SHARD, 50)
      expect(open().standing('wh_1')).toMatchObject({ status: 'active', discardUpToSeq: 41 })
    })
  })

  test('is seen although the shard never heard of the disable itself', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, [webhook('wh_1')]), SHARD, 10)
      expect(shard.apply(state(5, [webhook('wh_1', { discards: 2 })]), SHARD, 30).changes).toMatchObject([
        { webhookId: 'wh_1', discardsRose: true },
      ])
      expect(shard.standing('wh_1')).toMatchObject({ status: 'active', discardUpToSeq: 30 })
    })
  })

  test('is all that a webhook was owed which is gone', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, [webhook('wh_1')]), SHARD, 10)
      const applied = shard.apply(state(2), SHARD, 11)
      expect(applied).toMatchObject({
        changes: [{ webhookId: 'wh_1', after: undefined, discardsRose: true }],
        accountDeleted: false,
      })
      expect(open().standing('wh_1').status).toBe('deleted')
      expect(open().webhook('wh_1')).toBeUndefined()
    })
  })
})

describe('an account that is gone', () => {
  test('takes its webhooks along, and no later word brings it back', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, [webhook('wh_1')]), SHARD, 0)
      const applied = shard.apply(state(2, [], { exists: false }), SHARD, 9)
      expect(applied).toMatchObject({ changes: [{ webhookId: 'wh_1' }], accountDeleted: true })
      expect(shard.apply(state(9, [webhook('wh_1')]), SHARD, 9)).toEqual({
        changes: [],
        accountDeleted: false,
      })
      shard.announce(ACCOUNT, SHARD, 9, 0)
      expect([open().exists, open().dueMs(), open().matching(EVENT)]).toEqual([false, null, []])
    })
  })
})

describe('an announced change', () => {
  test('has D1 asked after 2 s, then ever more seldom up to a minute, for 10 minutes', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(4), SHARD, 0)
      expect(shard.dueMs()).toBeNull()
      shard.announce(ACCOUNT, SHARD, 4, 1_000_000)
      const asked: number[] = []
      for (let due = shard.dueMs(); due !== null && asked.length < 100; due = shard.dueMs()) {
        asked.push((due - 1_000_000) / 1000)
        shard.refreshed(state(4), 0, due)
      }
      expect(asked).toEqual([2, 4, 8, 16, 32, 64, 124, 184, 244, 304, 364, 424, 484, 544, 604])
      expect(open().dueMs()).toBeNull()
    })
  })

  test('is remembered as long as D1 cannot be asked', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(4, [webhook('wh_1')]), SHARD, 0)
      shard.announce(ACCOUNT, SHARD, 4, 0)
      shard.refreshed('failed', 0, 1_000_000)
      expect(shard.dueMs()).toBe(1_060_000)
      expect(shard.standing('wh_1').status).toBe('active')
      // After a restart at once.
      expect(open().dueMs()).toBe(2_000)
    })
  })

  test('is over with a version after the one that it follows on, and with no other', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(4), SHARD, 0)
      // The change before, 5, is still on its way here, and comes after the announcement of 6.
      shard.announce(ACCOUNT, SHARD, 5, 0)
      shard.apply(state(5), SHARD, 0)
      expect(shard.dueMs()).toBe(2_000)
      shard.refreshed(state(6), 0, 2_000)
      expect([shard.version, shard.dueMs(), open().dueMs()]).toEqual([6, null, null])
      // Others were quicker: this one will not be made.
      shard.announce(ACCOUNT, SHARD, 5, 0)
      expect(shard.dueMs()).toBeNull()
    })
  })

  test('may be the first that a shard hears of its account', async () => {
    await inShard((open) => {
      open().announce(ACCOUNT, SHARD, 1, 0)
      const shard = open()
      expect([shard.isKnown, shard.accountId, shard.shard]).toEqual([false, ACCOUNT, SHARD])
      expect(shard.refreshed(state(2, [webhook('wh_1')]), 0, 5_000).changes).toHaveLength(1)
      expect([shard.isKnown, shard.dueMs()]).toEqual([true, null])
    })
  })

  test('ends in an account that is gone if D1 has none', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, [webhook('wh_1')]), SHARD, 0)
      shard.announce(ACCOUNT, SHARD, 1, 0)
      expect(shard.refreshed(null, 3, 2_000)).toMatchObject({ accountDeleted: true })
      expect([open().exists, open().dueMs()]).toEqual([false, null])
    })
  })
})

test('a transaction that is rolled back leaves memory as the disk is', async () => {
  await inShard((open, storage) => {
    const shard = open()
    shard.apply(state(1, [webhook('wh_1')]), SHARD, 0)
    const undo = shard.checkpoint()
    expect(() => {
      storage.transactionSync(() => {
        shard.announce(ACCOUNT, SHARD, 1, 0)
        shard.apply(state(2, [webhook('wh_2')]), SHARD, 5)
        throw new Error('rolled back')
      })
    }).toThrow('rolled back')
    undo()
    for (const each of [shard, open()]) {
      expect([each.version, each.matching(EVENT), each.dueMs()]).toEqual([1, ['wh_1'], null])
    }
  })
})

describe('matching', () => {
  test('is off with the account’s switch', async () => {
    await inShard((open) => {
      const shard = open()
      shard.apply(state(1, [webhook('wh_1')], { webhooks_enabled: false }), SHARD, 0)
      expect(shard.matching(EVENT)).toEqual([])
      shard.apply(state(2, [webhook('wh_1')]), SHARD, 0)
      expect(shard.matching(EVENT)).toEqual(['wh_1'])
    })
  })

  test('finds the few among ten thousand at once, and loads them in time', async () => {
    await inShard((open) => {
      const many = Array.from({ length: 10_000 }, (_, n) =>
        webhook(`wh_${n}`, { numbers: [`+91${8_000_000_000 + n}`] }),
      )
      open().apply(state(1, many), SHARD, 0)
      const shard = open()
      expect(shard.matching({ ...EVENT, number: '8000004711' })).toEqual(['wh_4711'])
      const startMs = Date.now()
      for (let n = 0; n < 10_000; n += 1) shard.matching({ ...EVENT, number: String(8_000_000_000 + n) })
      // To look at every webhook for each would take a minute.
      expect(Date.now() - startMs).toBeLessThan(5_000)
    })
  })
})
