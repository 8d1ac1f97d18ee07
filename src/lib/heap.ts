/** A binary heap of things by a time: the earliest comes out first. */
export class Heap<T> {
  readonly #items: { atMs: number; item: T }[] = []

  get size(): number {
    return this.#items.length
  }

  /** The earliest time; null if there is nothing. */
  get firstMs(): number | null {
    return this.#items[0]?.atMs ?? null
  }

  /** The earliest; undefined if there is nothing. */
  get first(): T | undefined {
    return this.#items[0]?.item
  }

  push(atMs: number, item: T): void {
    const items = this.#items
    let at = items.length
    items.push({ atMs, item })
    while (at > 0) {
      const above = (at - 1) >> 1
      if ((items[above]?.atMs ?? 0) <= atMs) break
      this.#swap(at, above)
      at = above
    }
  }

  /** Takes the earliest out. */
  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined) return undefined
    if (items.length === 0) return first.item
    items[0] = last
    let at = 0
    for (;;) {
      let least = at
      for (const below of [2 * at + 1, 2 * at + 2]) {
        const other = items[below]
        if (other !== undefined && other.atMs < (items[least]?.atMs ?? 0)) least = below
      }
      if (least === at) return first.item
      this.#swap(at, least)
      at = least
    }
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#items[a], this.#items[b]]
    if (one === undefined || other === undefined) return
    this.#items[a] = other
    this.#items[b] = one
  }
}
