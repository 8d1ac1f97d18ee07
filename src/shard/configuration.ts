import { DEFAULT_COUNTRY, type AccountState, type WebhookRow } from '../contracts/configuration.ts'
import type { IncomingEvent } from '../contracts/events.ts'
import { Lines } from '../order/line.ts'
import { MatchIndex } from '../order/match-index.ts'
import {
  createTables,
  deleteWebhook,
  heldOf,
  isSame,
  load,
  unknown,
  writeKnown,
  writeWebhook,
  type ConfiguredStanding,
  type Held,
  type Known,
} from './configuration-rows.ts'

/** What changed of a webhook, for the shard to act on. */
export interface WebhookChange {
  webhookId: string
  /** Undefined if the shard did not know it. */
  before: WebhookRow | undefined
  /** Undefined if it is gone. */
  after: WebhookRow | undefined
  /** It was disabled meanwhile, or is gone: what the shard owed it up to now is discarded. */
  discardsRose: boolean
}

export interface Applied {
  changes: WebhookChange[]
  /** The account is gone as of now. */
  accountDeleted: boolean
}

/** After an announcement D1 is asked so long after (ms), then each time that has passed again, but at least so often. */
const FIRST_ASK_MS = 2_000
const LAST_ASKS_MS = 60_000
/** A write of D1 that was announced so long ago (ms) is on its way no more. */
const MARK_MS = 10 * 60 * 1000

const DELETED: ConfiguredStanding = {
  status: 'deleted',
  ordering: 'per_call',
  discardUpToSeq: 0,
  maxAgeMs: null,
}
const NOTHING: Applied = { changes: [], accountDeleted: false }

/**
 * The configuration of a shard's account, as it was last handed over or read from D1, in memory and in two tables.
 * What writes does so at once, inside the transaction of the shard's group; if that is rolled back, what
 * `checkpoint` gave puts memory back as well.
 */
export class Configuration {
  readonly #sql: SqlStorage
  #known: Known | null
  /** Built when an event first needs it. */
  #index: { of: Known['webhooks']; lines: Lines; index: MatchIndex } | null = null
  #operational: { of: Known['webhooks'] | undefined; row: WebhookRow | undefined } = {
    of: undefined,
    row: undefined,
  }
  /** When D1 was last asked, ms since epoch; null since the object started, so that a marked one asks at once. */
  #askedMs: number | null = null

  /** Makes the tables if they are not there, and reads them. */
  constructor(sql: SqlStorage) {
    this.#sql = sql
    createTables(sql)
    this.#known = load(sql)
  }

  /** A configuration was handed over, or read, once; without one the shard has to ask D1 (`readAccount`). */
  get isKnown(): boolean {
    return this.#known !== null && this.#known.version > 0
  }

  /** @throws Error if the shard was never told whose it is */
  get accountId(): string {
    return this.#told.accountId
  }

  /** Which of the account's shards it is, from 0. @throws Error as `accountId` */
  get shard(): number {
    return this.#told.shard
  }

  /** 0 until there is a configuration. */
  get version(): number {
    return this.#known?.version ?? 0
  }

  /** The account is there. True as long as nothing else is known. */
  get exists(): boolean {
    return this.#known?.exists ?? true
  }

  /** Over how many shards the account's calls are spread. */
  get shards(): number {
    return this.#known?.shards ?? 1
  }

  /** ISO 3166: how the account's numbers are read that have no country code. */
  get country(): string {
    return this.#known?.country ?? DEFAULT_COUNTRY
  }

  /** Of either kind, in no particular order. */
  get webhookIds(): Iterable<string> {
    return this.#known?.webhooks.keys() ?? []
  }

  webhook(id: string): WebhookRow | undefined {
    return this.#known?.webhooks.get(id)?.row
  }

  /** A webhook that is not known is a deleted one: none is ever taken back. */
  standing(id: string): ConfiguredStanding {
    return this.#known?.webhooks.get(id)?.standing ?? DELETED
  }

  /** The account's webhook for events about its other webhooks, if it has one. */
  get operational(): WebhookRow | undefined {
    const webhooks = this.#known?.webhooks
    if (this.#operational?.of !== webhooks) {
      const held = webhooks?.values().find(({ row }) => row.kind === 'operational')
      this.#operational = { of: webhooks, row: held?.row }
    }
    return this.#operational.row
  }

  /** The webhooks that an event is for: they asked for it and are not disabled, and the account is not switched off. */
  matching(
    event: Pick<IncomingEvent, 'trigger' | 'call_type' | 'outbound_type' | 'number'>,
  ): readonly string[] {
    const known = this.#known
    if (known === null || !known.exists || !known.webhooksEnabled) return []
    const { webhooks, country } = known
    if (this.#index?.of !== webhooks || this.#index.lines.country !== country) {
      const before = this.#index?.lines
      const lines = before?.country === country ? before : new Lines(country)
      const rows = [...webhooks.values()].map(({ row }) => row)
      const active = rows.filter((row) => row.status !== 'disabled')
      this.#index = { of: webhooks, lines, index: new MatchIndex(active, lines) }
    }
    return this.#index.index.idsFor(event)
  }

  /** Notes durably that a change is coming which follows on `version`. */
  announce(accountId: string, shard: number, version: number, nowMs: number): void {
    const known = this.#known ?? unknown(accountId, shard)
    // An account that is gone changes no more, and a change that others were quicker than will not be made.
    if (!known.exists || known.version > version) return
    const mark = { version: Math.max(version, known.mark?.version ?? 0), atMs: nowMs }
    this.#askedMs = nowMs
    this.#write({ ...known, mark })
  }

  /**
   * Takes a configuration. One that is not newer than what is known changes nothing, nor does any once the account
   * is gone: so it does not matter how often one comes, or in which order.
   * @param lastSeq the number of the shard's last event: what a disable discards ends with it
   */
  apply(state: AccountState, shard: number, lastSeq: number): Applied {
    const known = this.#known ?? unknown(state.account_id, shard)
    if (!known.exists || state.version <= known.version) return NOTHING
    const { webhooks, changes } = this.#replace(known.webhooks, state.webhooks, lastSeq)
    const isDone = known.mark !== null && state.version > known.mark.version
    this.#write({
      ...known,
      version: state.version,
      exists: state.exists,
      shards: state.shards,
      webhooksEnabled: state.webhooks_enabled,
      country: state.country,
      mark: isDone || !state.exists ? null : known.mark,
      webhooks,
    })
    return { changes, accountDeleted: !state.exists }
  }

  /** When the shard is to ask D1 for the configuration by itself (`readAccount`), ms since epoch; null: it need not. */
  dueMs(): number | null {
    const mark = this.#known?.mark ?? null
    if (mark === null) return null
    if (this.#askedMs === null) return mark.atMs + FIRST_ASK_MS
    const sinceMs = this.#askedMs - mark.atMs
    return this.#askedMs + Math.min(LAST_ASKS_MS, Math.max(FIRST_ASK_MS, sinceMs))
  }

  /** D1 is being asked: it is not due again until the next time. Nothing is written, and a restart asks anew. */
  asked(nowMs: number): void {
    this.#askedMs = nowMs
  }

  /**
   * Takes what D1 said: `null` if there is no such account, `failed` if it could not be asked.
   * @param lastSeq see `apply`
   */
  refreshed(answer: AccountState | null | 'failed', lastSeq: number, nowMs: number): Applied {
    this.#askedMs = nowMs
    const known = this.#known
    if (known === null || answer === 'failed') return NOTHING
    const applied = this.apply(answer ?? gone(known), known.shard, lastSeq)
    if (nowMs - (this.#known?.mark?.atMs ?? nowMs) >= MARK_MS) this.#write({ ...this.#told, mark: null })
    return applied
  }

  /** Remembers memory as it is; what is returned puts it back, for a transaction that is rolled back. */
  checkpoint(): () => void {
    const known = this.#known
    const askedMs = this.#askedMs
    return () => {
      this.#known = known
      this.#askedMs = askedMs
    }
  }

  get #told(): Known {
    if (this.#known === null) throw new Error('the shard was never told whose it is')
    return this.#known
  }

  #write(next: Known): void {
    this.#known = next
    writeKnown(this.#sql, next)
  }

  /** Writes the webhooks that differ and deletes those that are gone. */
  #replace(
    before: Known['webhooks'],
    rows: readonly WebhookRow[],
    lastSeq: number,
  ): { webhooks: Known['webhooks']; changes: WebhookChange[] } {
    const webhooks = new Map<string, Held>()
    const changes: WebhookChange[] = []
    for (const row of rows) {
      const held = before.get(row.id)
      if (held !== undefined && isSame(held.row, row)) {
        webhooks.set(row.id, held)
        continue
      }
      // What was disabled before the shard knew of the webhook discarded nothing of the shard's.
      const discardsRose = held !== undefined && row.discards > held.row.discards
      const discardSeq = discardsRose ? lastSeq : (held?.standing.discardUpToSeq ?? 0)
      writeWebhook(this.#sql, row, discardSeq)
      webhooks.set(row.id, heldOf(row, discardSeq))
      changes.push({ webhookId: row.id, before: held?.row, after: row, discardsRose })
    }
    for (const [id, { row }] of before) {
      if (webhooks.has(id)) continue
      deleteWebhook(this.#sql, id)
      changes.push({ webhookId: id, before: row, after: undefined, discardsRose: true })
    }
    return { webhooks: changes.length === 0 ? before : webhooks, changes }
  }
}

function gone({ accountId, version, shards, country }: Known): AccountState {
  return {
    account_id: accountId,
    version: version + 1,
    exists: false,
    shards,
    webhooks_enabled: false,
    country,
    webhooks: [],
  }
}
