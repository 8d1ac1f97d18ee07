/** Which rows of the log a page has to look at, newest first, by the cheapest way that its filters allow. */
import {
  DELIVERY_STATUSES,
  isAsked,
  type AttemptError,
  type DeliveryStatus,
  type LogQuery,
} from '../contracts/deliveries.ts'
import type { Days } from './days.ts'

/**
 * A row that may be of a page. `trigger`, `error` and `code` (of the last attempt) are read only for a query that asks for
 * them. `looked`: how many rows were looked at since the candidate before, this one included.
 */
export type Candidate = {
  day: number
  seq: number
  webhook_id: string
  status: DeliveryStatus
  trigger: string | null
  error: AttemptError | null
  code: number | null
  looked: number
}

/** Whether a query is about the last attempt: to read that, the state of each row has to be parsed. */
export function isOfAttempts({ error, status_code }: LogQuery): boolean {
  return error !== undefined || status_code !== undefined
}

/** Rows from the event `from` on, and before `below` in the order of number and webhook. */
export interface Range {
  from: number
  below: { seq: number; webhookId: string }
}

/** Rows that are read at a time: at first as for a short page, then more, for filters that little fits. */
const FIRST_ROWS = 64
const NEXT_ROWS = 512
/** The same where the rows of many webhooks are merged: of most of them a page has a few. */
const FIRST_MERGED_ROWS = 16

type Read = (range: Range, limit: number) => Candidate[]

export class Candidates {
  readonly #sql: SqlStorage
  readonly #days: Days

  constructor(sql: SqlStorage, days: Days) {
    this.#sql = sql
    this.#days = days
  }

  /** @param seqs the events of the query's call */
  *of(query: LogQuery, range: Range, seqs: readonly number[] | undefined): Generator<Candidate> {
    if (seqs !== undefined) yield* this.#ofCall(seqs, range, query)
    else for (const { day } of this.#days.newestFirst) yield* this.#ofDay(day, query, range)
  }

  #ofDay(day: number, query: LogQuery, range: Range): Generator<Candidate> {
    const next = isOfAttempts(query) ? FIRST_ROWS : NEXT_ROWS
    if (!isUnsucceeded(query)) {
      return inPortions(range, FIRST_ROWS, next, (within, limit) => this.#scan(day, query, within, limit))
    }
    const fields = selection(day, query)
    const statuses = DELIVERY_STATUSES.filter((each) => each !== 'succeeded' && isAsked(query.status, each))
    const lanes = unsucceeded(this.#sql, day, query.webhook_id, statuses)
    const first = lanes.length === 1 ? FIRST_ROWS : FIRST_MERGED_ROWS
    const sources = lanes.map(({ webhookId, status }) =>
      inPortions(range, first, next, (within, limit) =>
        this.#ofStatus(day, fields, webhookId, status, within, limit),
      ),
    )
    return merged(sources, newestFirst)
  }

  /**
   * Looks at `limit` rows and answers with those that fit, and with the last one, which says how far it looked: to take
   * each out of SQLite costs ten times what it costs to pass it by.
   */
  #scan(day: number, query: LogQuery, { from, below }: Range, limit: number): Candidate[] {
    const { webhook_id = null, status = null, trigger = null, error = null, status_code = null } = query
    const rows = this.#rows(
      `SELECT * FROM (
         SELECT ${selection(day, query, 'row_number() OVER (ORDER BY d.seq DESC, d.webhook_id DESC)')}
         FROM delivery_${day} d WHERE (d.seq, d.webhook_id) < (?1, ?2) AND d.seq >= ?3
         ORDER BY d.seq DESC, d.webhook_id DESC LIMIT ?4
       ) WHERE looked = ?4 OR (
         (?5 IS NULL OR webhook_id = ?5) AND (?6 IS NULL OR status = ?6) AND (?7 IS NULL OR trigger = ?7)
         AND (?8 IS NULL OR error = ?8) AND (?9 IS NULL OR code = ?9)
       )`,
      below.seq,
      below.webhookId,
      from,
      limit,
      webhook_id,
      status,
      trigger,
      error,
      status_code,
    )
    let before = 0
    return rows.map((row) => {
      const looked = row.looked - before
      before = row.looked
      return { ...row, looked }
    })
  }

  /** By the index of what did not succeed. */
  #ofStatus(
    day: number,
    fields: string,
    webhookId: string,
    status: DeliveryStatus,
    { from, below }: Range,
    limit: number,
  ): Candidate[] {
    return this.#rows(
      `SELECT ${fields} FROM delivery_${day} d INDEXED BY unsucceeded_${day}
       WHERE d.webhook_id = ? AND d.status = ? AND d.status <> 'succeeded' AND d.seq <= ? AND d.seq >= ?
       ORDER BY d.seq DESC LIMIT ?`,
      webhookId,
      status,
      webhookId < below.webhookId ? below.seq : below.seq - 1,
      from,
      limit,
    )
  }

  *#ofCall(seqs: readonly number[], { from, below }: Range, query: LogQuery): Generator<Candidate> {
    const within = seqs.filter((seq) => seq >= from && seq <= below.seq).sort((a, b) => b - a)
    for (let first = 0; first < within.length; first += FIRST_ROWS) {
      const some = within.slice(first, first + FIRST_ROWS)
      const rows = this.#days.read(some, (day, ofDay) =>
        this.#rows(
          `SELECT ${selection(day, query)} FROM delivery_${day} d
           WHERE d.seq IN (SELECT value FROM json_each(?))`,
          JSON.stringify(ofDay),
        ),
      )
      for (const each of rows.sort(newestFirst)) {
        if (each.seq < below.seq || each.webhook_id < below.webhookId) yield each
      }
    }
  }

  #rows(text: string, ...values: (string | number | null)[]): Candidate[] {
    return this.#sql.exec<Candidate>(text, ...values).toArray()
  }
}

function selection(day: number, query: LogQuery, looked = '1'): string {
  const trigger =
    query.trigger === undefined ? 'NULL' : `(SELECT facts ->> 'trigger' FROM event_${day} WHERE seq = d.seq)`
  // As `loggedDelivery` tells them.
  const error = `COALESCE(d.state ->> '$.error', d.state ->> '$.attempts[#-1].error')`
  const code = `d.state ->> '$.attempts[#-1].status_code'`
  return `${day} AS day, d.seq, d.webhook_id, d.status, ${trigger} AS trigger,
    ${query.error === undefined ? 'NULL' : error} AS error,
    ${query.status_code === undefined ? 'NULL' : code} AS code, ${looked} AS looked`
}

/** Whether what fits has not succeeded, so that the index has all of it: the last attempt of what has was a 2xx. */
function isUnsucceeded({ status, error, status_code }: LogQuery): boolean {
  if (status !== undefined) return status !== 'succeeded'
  return error !== undefined || (status_code !== undefined && (status_code < 200 || status_code > 299))
}

function* inPortions(range: Range, first: number, next: number, read: Read): Generator<Candidate> {
  let { below } = range
  for (let limit = first; ; limit = next) {
    const rows = read({ from: range.from, below }, limit)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.reduce((sum, row) => sum + row.looked, 0) < limit) return
    below = { seq: last.seq, webhookId: last.webhook_id }
  }
}

/** What each of them has, newest first, as one. */
export function* merged<T>(sources: readonly Generator<T>[], compare: (a: T, b: T) => number): Generator<T> {
  const heads = new Map<Generator<T>, T>()
  const step = (source: Generator<T>): void => {
    const next = source.next()
    if (next.done === true) heads.delete(source)
    else heads.set(source, next.value)
  }
  for (const source of sources) step(source)
  for (;;) {
    let newest: [Generator<T>, T] | undefined
    for (const head of heads) if (newest === undefined || compare(head[1], newest[1]) < 0) newest = head
    if (newest === undefined) return
    yield newest[1]
    step(newest[0])
  }
}

/** The webhooks of a day that have deliveries which did not succeed. The index is asked for each in turn, not read. */
export function unsucceededWebhooks(sql: SqlStorage, day: number): string[] {
  return sql
    .exec<{ id: string }>(`${unsucceededHooks(day)} SELECT id FROM hook WHERE id IS NOT NULL`)
    .toArray()
    .map((row) => row.id)
}

/** The same for a query that goes on with them: as `hook (id)`, and a null behind the last. */
export function unsucceededHooks(day: number): string {
  const next = (condition: string): string =>
    `(SELECT webhook_id FROM delivery_${day} INDEXED BY unsucceeded_${day}
      WHERE status <> 'succeeded' ${condition} ORDER BY webhook_id LIMIT 1)`
  return `WITH RECURSIVE hook (id) AS (
    SELECT ${next('')} UNION ALL SELECT ${next('AND webhook_id > hook.id')} FROM hook WHERE hook.id IS NOT NULL
  )`
}

/** Of webhooks, those of a day or one, and of these statuses the pairs that have deliveries which did not succeed. */
function unsucceeded(
  sql: SqlStorage,
  day: number,
  webhookId: string | undefined,
  statuses: readonly DeliveryStatus[],
): { webhookId: string; status: DeliveryStatus }[] {
  const webhooks = webhookId === undefined ? unsucceededWebhooks(sql, day) : [webhookId]
  return sql
    .exec<{ id: string; status: DeliveryStatus }>(
      `SELECT w.value AS id, s.value AS status FROM json_each(?) w CROSS JOIN json_each(?) s WHERE EXISTS (
         SELECT 1 FROM delivery_${day} INDEXED BY unsucceeded_${day}
         WHERE webhook_id = w.value AND status = s.value AND status <> 'succeeded')`,
      JSON.stringify(webhooks),
      JSON.stringify(statuses),
    )
    .toArray()
    .map(({ id, status }) => ({ webhookId: id, status }))
}

function newestFirst(a: Candidate, b: Candidate): number {
  return b.seq - a.seq || (b.webhook_id < a.webhook_id ? -1 : 1)
}
