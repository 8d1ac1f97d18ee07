import { beforeEach, describe, expect, test } from 'vitest'
import type { IncomingEvent } from '../../src/contracts/events.ts'
import { Journal } from '../../src/shard/journal.ts'
import { Tests } from '../../src/shard/tests.ts'
import { ATTEMPT, inStorage, webhookId, type Tables } from '../support/shard-tables.ts'

const WEBHOOK = webhookId(1)
const NOW_MS = Date.UTC(2026, 0, 5)
const TIMEOUT_MS = 10_000
/** What a maker has from the start of a test to its report. */
const LEASE_MS = TIMEOUT_MS + 5_000
const EVENT: IncomingEvent = {
  id: null,
  call_id: 'test-1',
  trigger: 'dtmf_option',
  call_type: 'inbound',
  outbound_type: null,
  number: null,
  sequence: null,
  occurred_at: null,
  variables: '{"a":1}',
}

let undos: (() => void)[]
beforeEach(() => {
  undos = []
})

function life(tables: Tables): { tests: Tests; journal: Journal } {
  const journal = new Journal(tables.sql, tables.days)
  return { journal, tests: new Tests(journal, (undo) => undos.push(undo), TIMEOUT_MS) }
}

const statusOf = (tables: Tables, id: string) => tables.log.find(id)?.delivery

describe('a test', () => {
  test('whose maker says nothing is over after its time, and its attempt is counted', () =>
    inStorage((tables) => {
      const { tests } = life(tables)
      const { delivery_id } = tests.begin(WEBHOOK, 0, EVENT, NOW_MS)
      const later = tests.begin(WEBHOOK, 0, { ...EVENT, call_id: 'test-2' }, NOW_MS + 1_000)
      expect(tests.dueMs()).toBe(NOW_MS + LEASE_MS)
      tests.step(NOW_MS + LEASE_MS - 1)
      expect(statusOf(tables, delivery_id)).toMatchObject({ status: 'pending', attempt_count: 1 })
      tests.step(NOW_MS + LEASE_MS)
      expect(statusOf(tables, delivery_id)).toMatchObject({
        status: 'failed',
        attempt_count: 1,
        attempts: [],
      })
      expect(statusOf(tables, later.delivery_id)).toMatchObject({ status: 'pending' })
      expect(tests.dueMs()).toBe(NOW_MS + 1_000 + LEASE_MS)
      // If it says something after all, that is what it was.
      const attempt = { ...ATTEMPT, via: 'test' as const, status_code: 200, error: null }
      tests.end(delivery_id, attempt, NOW_MS + LEASE_MS + 1)
      expect(statusOf(tables, delivery_id)).toMatchObject({
        status: 'succeeded',
        attempt_count: 1,
        attempts: [attempt],
      })
    }))

  test('that was begun in a former life of the shard is over after its time, too', () =>
    inStorage((tables) => {
      const { delivery_id, event } = life(tables).tests.begin(WEBHOOK, 0, EVENT, NOW_MS)
      const { tests, journal } = life(tables)
      expect(tests.dueMs()).toBeNull()
      expect([...journal.pending()]).toEqual([event.seq])
      tests.recover(journal.events([...journal.pending()]), NOW_MS + 7)
      expect(tests.dueMs()).toBe(NOW_MS + 7 + LEASE_MS)
      tests.step(NOW_MS + 7 + LEASE_MS)
      expect(statusOf(tables, delivery_id)).toMatchObject({ status: 'failed' })
      expect(tests.dueMs()).toBeNull()
      expect([...journal.pending()]).toEqual([])
    }))

  test('is no delivery that waits, and a delivery that waits is no test', () =>
    inStorage((tables) => {
      const { tests, journal } = life(tables)
      const seq = tables.event(NOW_MS, 'call', { webhooks: [WEBHOOK] })
      tables.delivery(seq, WEBHOOK, 'pending')
      tests.recover(journal.events([seq]), NOW_MS)
      expect(tests.dueMs()).toBeNull()
    }))

  test('that could not be written is forgotten, and one whose end could not be is not', () =>
    inStorage((tables) => {
      const { tests } = life(tables)
      const { delivery_id } = tests.begin(WEBHOOK, 0, EVENT, NOW_MS)
      undos = []
      tests.end(delivery_id, ATTEMPT, NOW_MS)
      expect(tests.dueMs()).toBeNull()
      for (const undo of undos) undo()
      expect(tests.dueMs()).toBe(NOW_MS + LEASE_MS)
      undos = []
      tests.end(delivery_id, ATTEMPT, NOW_MS)
      undos = []
      tests.begin(WEBHOOK, 0, { ...EVENT, call_id: 'test-3' }, NOW_MS)
      for (const undo of undos) undo()
      expect(tests.dueMs()).toBeNull()
    }))

  test('is told apart from what no test is, and from what there is not', () =>
    inStorage((tables) => {
      const { tests } = life(tables)
      const seq = tables.event(NOW_MS, 'call', { webhooks: [WEBHOOK] })
      tables.delivery(seq, WEBHOOK, 'held')
      const [delivery] = tables.log.page({ limit: 1 }).deliveries
      tests.end(delivery?.id ?? '', ATTEMPT, NOW_MS)
      tests.end('dlv_none', ATTEMPT, NOW_MS)
      expect(statusOf(tables, delivery?.id ?? '')).toMatchObject({
        status: 'held',
        attempts: [],
        test: false,
      })
    }))

  test('keeps its event and its call for as long as the log does', () =>
    inStorage((tables) => {
      const { tests } = life(tables)
      const { event } = tests.begin(WEBHOOK, 0, EVENT, NOW_MS)
      expect(tables.log.eventsOf('test-1')).toEqual([event])
      expect(event).toMatchObject({ test: true, webhooks: [], position: 1 })
      expect(tables.log.variables(event.seq)).toBe(EVENT.variables)
    }))
})
