/** What the tests use of Node's SQLite: the types of Node and those of the Worker do not go together. */
declare module 'node:sqlite' {
  export type SQLInputValue = string | number | bigint | null | Uint8Array
  export class StatementSync {
    all(...values: SQLInputValue[]): unknown[]
    run(...values: SQLInputValue[]): { changes: number | bigint }
    columns(): unknown[]
  }
  export class DatabaseSync {
    constructor(path: string)
    prepare(query: string): StatementSync
    exec(query: string): void
    close(): void
  }
}
