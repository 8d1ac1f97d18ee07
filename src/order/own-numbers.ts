import { lineOf } from './line.ts'

/** An account's My Numbers, in whatever spelling one asks for them. */
export class OwnNumbers {
  /** ISO 3166: how numbers without a country code are read. */
  readonly country: string
  readonly #numbers: ReadonlySet<string>
  #lines: ReadonlySet<string> | null = null

  constructor(numbers: readonly string[], country: string) {
    this.country = country
    this.#numbers = new Set(numbers)
  }

  has(number: string): boolean {
    // Both are mostly in E.164, and to read a thousand of them takes long.
    if (this.#numbers.has(number)) return true
    this.#lines ??= new Set([...this.#numbers].map((own) => lineOf(own, this.country)))
    return this.#lines.has(lineOf(number, this.country))
  }
}
