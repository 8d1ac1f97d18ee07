/** What every command begins with: the relay, whose things it is about, and how the answer is wanted. */
import { say } from '../terminal.ts'
import type { Page } from './contract.ts'
import { Connection, type Answer } from './connection.ts'
import { cut } from './plain.ts'
import type { NameOf } from './tables.ts'

export interface GlobalOptions {
  url?: string | undefined
  account?: string | undefined
  json?: true | undefined
}

export class Session {
  readonly relay: Connection
  readonly isJson: boolean
  /** For the query of what is asked: whose, if the key reaches every account. */
  readonly account: { account_id?: string }

  /** @throws Misuse */
  constructor({ url, account, json }: GlobalOptions) {
    this.relay = new Connection(url, process.env)
    this.isJson = json === true
    this.account = account === undefined ? {} : { account_id: account }
  }

  /** Prints an answer: the relay's JSON to the letter, or the lines that are made of it. */
  show<T>(answer: Answer<T>, lines: (value: T) => readonly string[]): void {
    if (this.isJson) say(answer.text)
    else for (const line of lines(answer.value)) say(line)
  }

  /**
   * Prints a list: one page as JSON, or up to `limit` items as text. A page may hold less than it was asked for and go
   * on all the same, so it is asked on for more.
   */
  async list<T>(
    options: { limit: string; cursor?: string | undefined },
    pageOf: (where: { limit: string; cursor?: string }) => Promise<Answer<Page<T>>>,
    linesOf: (items: readonly T[]) => Promise<readonly string[]>,
    none: string,
  ): Promise<void> {
    const items: T[] = []
    let cursor = options.cursor
    for (let pages = 1; ; pages += 1) {
      const left = String(Number(options.limit) - items.length)
      const answer = await pageOf({ limit: left, ...(cursor === undefined ? {} : { cursor }) })
      if (this.isJson) {
        say(answer.text)
        return
      }
      items.push(...answer.value.data)
      cursor = answer.value.next_cursor ?? undefined
      if (cursor === undefined || items.length >= Number(options.limit) || pages === MOST_PAGES) break
    }
    if (items.length === 0) say(none)
    else for (const line of await linesOf(items)) say(line)
    // Longer than a line, but it is to be copied whole.
    if (cursor !== undefined) say(`There is more: --cursor ${cursor}`)
  }
}

/** So many pages are asked for before a list is printed with less than it could hold. */
const MOST_PAGES = 20

/** The names of an account's webhooks, read when they are needed. */
export class Names {
  readonly #session: Session
  readonly #names = new Map<string, string>()

  constructor(session: Session) {
    this.#session = session
  }

  readonly of: NameOf = (webhookId) => this.#names.get(webhookId) ?? cut(`…${webhookId.slice(-6)}`, 12)

  /** Reads them (again) if one of these is not known. One that has been deleted never is. */
  async learn(webhookIds: readonly string[]): Promise<void> {
    const unknown = webhookIds.filter((id) => !this.#names.has(id))
    if (unknown.length === 0) return
    const { relay, account } = this.#session
    let cursor: string | null = null
    do {
      const query = { ...account, limit: '250', ...(cursor === null ? {} : { cursor }) }
      const page: Page<{ id: string; name: string }> = (
        await relay.ask(relay.client.v1.webhooks.$get({ query }))
      ).value
      for (const { id, name } of page.data) this.#names.set(id, name)
      cursor = page.next_cursor
    } while (cursor !== null)
    for (const id of unknown) if (!this.#names.has(id)) this.#names.set(id, this.of(id))
  }
}
