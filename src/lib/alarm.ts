/**
 * The alarm of an object, which remembers when it is set for: asking costs a turn of the object, and a move costs a
 * row. So it moves only to be earlier; what it is too early for sets it again when it fires.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage
  #atMs: number | null = null

  constructor(ctx: DurableObjectState) {
    this.#storage = ctx.storage
    void ctx.blockConcurrencyWhile(async () => {
      this.#atMs = await ctx.storage.getAlarm()
    })
  }

  /** It goes off at `atMs` (since epoch) or before. On disk before any answer or request of the object goes out. */
  setBy(atMs: number): void {
    if (this.#atMs !== null && this.#atMs <= atMs) return
    this.#atMs = atMs
    // Not awaited: the output gate waits for it.
    void this.#storage.setAlarm(atMs)
  }

  /** It has gone off, or was deleted with everything else. */
  gone(): void {
    this.#atMs = null
  }
}
