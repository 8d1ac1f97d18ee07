import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/*
 * The storage of an object, as far as a shard uses it, over SQLite in memory. A disk outlives the objects that run on
 * it: what was written since the last sync is lost or kept by a crash, as the crash pleases, and the handle of an object
 * that has a successor writes nothing more.
 */

/** What goes wrong with writes. */
export interface Faults {
  /** Every write fails. */
  isFull: boolean
  /** The write that fails, counted from now (1 is the next); null: none. */
  failIn: number | null
  /** A write with a value that contains this fails. */
  marker: string | null
  /** How many have failed for another reason. */
  failed: number
}

export class Disk {
  readonly #db = new DatabaseSync(':memory:')
  readonly #statements = new Map<string, { statement: StatementSync; reads: boolean }>()
  readonly faults: Faults = { isFull: false, failIn: null, marker: null, failed: 0 }
  /** When the alarm goes off (ms since epoch), as it is on disk, and as it will be with the next sync. */
  alarmMs: number | null = null
  #nextAlarmMs: number | null = null
  #isOpen = false
  /** How often anything has been written. */
  writes = 0
  #owner: Storage | null = null

  /** A handle for an object that starts; that of the object before it is of no use from now on. */
  attach(): Storage {
    this.#owner = new Storage(this)
    return this.#owner
  }

  isOwner(storage: Storage): boolean {
    return this.#owner === storage
  }

  get hasUnsynced(): boolean {
    return this.#isOpen
  }

  setAlarm(atMs: number): void {
    this.#begin()
    this.#nextAlarmMs = atMs
  }

  /** The alarm goes off. */
  takeAlarm(): void {
    this.alarmMs = null
    this.#nextAlarmMs = null
  }

  /** The alarm was interrupted, and goes off again. */
  repeatAlarm(atMs: number): void {
    this.alarmMs = Math.min(this.alarmMs ?? Infinity, atMs)
    this.#nextAlarmMs = this.alarmMs
  }

  /** Runs what writes nothing but what is there already, so that nothing can fail. */
  unfailing<T>(run: () => T): T {
    const { isFull, failIn } = this.faults
    Object.assign(this.faults, { isFull: false, failIn: null })
    try {
      return run()
    } finally {
      Object.assign(this.faults, { isFull, failIn })
    }
  }

  /** No object runs on it. */
  detach(): void {
    this.#owner = null
  }

  /** What has been written is on disk. */
  sync(): void {
    this.writes += 1
    this.alarmMs = this.#nextAlarmMs
    if (this.#isOpen) this.#db.exec('COMMIT')
    this.#isOpen = false
  }

  /** What has been written since the last sync never reached the disk. */
  lose(): void {
    this.writes += 1
    this.#nextAlarmMs = this.alarmMs
    if (this.#isOpen) this.#db.exec('ROLLBACK')
    this.#isOpen = false
  }

  close(): void {
    this.#db.close()
  }

  transaction<T>(run: () => T): T {
    this.#begin()
    this.#db.exec('SAVEPOINT a')
    try {
      const value = run()
      this.#db.exec('RELEASE a')
      return value
    } catch (error) {
      this.#db.exec('ROLLBACK TO a')
      this.#db.exec('RELEASE a')
      throw error
    }
  }

  /** @param isReader nothing may be written but what is there already */
  exec(query: string, bindings: unknown[], isReader = false): { rows: Row[]; rowsWritten: number } {
    let known = this.#statements.get(query)
    if (known === undefined) {
      const statement = this.#db.prepare(query)
      known = { statement, reads: statement.columns().length > 0 }
      // `SELECT *` is read by the columns of when it was prepared.
      if (this.#statements.size < 2_000) this.#statements.set(query, known)
    }
    const values = bindings as SQLInputValue[] // safe: a shard binds strings, numbers and null
    if (known.reads) return { rows: known.statement.all(...values) as Row[], rowsWritten: 0 } // safe: a row is an object
    if (isReader) return { rows: [], rowsWritten: 0 }
    this.#mayFail(bindings)
    this.#begin()
    this.writes += 1
    return { rows: [], rowsWritten: Number(known.statement.run(...values).changes) }
  }

  #begin(): void {
    if (!this.#isOpen) this.#db.exec('BEGIN')
    this.#isOpen = true
  }

  #mayFail(bindings: readonly unknown[]): void {
    const { faults } = this
    if (faults.isFull) {
      faults.failed += 1
      throw new Error('database or disk is full: SQLITE_FULL')
    }
    const { marker } = faults
    if (marker !== null && bindings.some((value) => typeof value === 'string' && value.includes(marker))) {
      throw new Error('string or blob too big: SQLITE_TOOBIG')
    }
    if (faults.failIn === null) return
    faults.failIn -= 1
    if (faults.failIn > 0) return
    faults.failIn = null
    faults.failed += 1
    throw new Error('disk I/O error: SQLITE_IOERR')
  }
}

type Row = Record<string, SqlStorageValue>

/** An object's handle on its disk. */
export class Storage {
  readonly #disk: Disk
  /** Reads alone: it looks at a disk that is another's. */
  readonly #isReader: boolean
  /** The syncs that are on their way. */
  #syncs: { resolve: () => void; reject: (error: Error) => void }[] = []

  constructor(disk: Disk, isReader = false) {
    this.#disk = disk
    this.#isReader = isReader
  }

  readonly sql = {
    exec: (query: string, ...bindings: unknown[]): unknown => {
      this.#mayUse()
      const { rows, rowsWritten } = this.#disk.exec(query, bindings, this.#isReader)
      return {
        toArray: () => rows,
        one: () => {
          const [row] = rows
          if (row === undefined || rows.length > 1) throw new Error('Expected exactly one result')
          return row
        },
        [Symbol.iterator]: () => rows[Symbol.iterator](),
        rowsWritten,
      }
    },
    get databaseSize(): number {
      return 0
    },
  } as unknown as SqlStorage // safe: a shard uses no more of it

  transactionSync<T>(run: () => T): T {
    this.#mayUse()
    return this.#disk.transaction(run)
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#syncs.push({ resolve, reject })
    })
  }

  get isSyncing(): boolean {
    return this.#syncs.length > 0
  }

  /** Tells the object that what it has written is on disk. */
  synced(): void {
    for (const { resolve } of this.#syncs.splice(0)) resolve()
  }

  setAlarm(atMs: number): void {
    this.#mayUse()
    if (!this.#isReader) this.#disk.setAlarm(atMs)
  }

  get alarmMs(): number | null {
    return this.#disk.alarmMs
  }

  #mayUse(): void {
    if (!this.#isReader && !this.#disk.isOwner(this)) throw new Error('the object has a successor')
  }
}
