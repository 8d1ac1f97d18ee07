import QuickLRU from 'quick-lru'

/** A turn lasts so long (ms) at most: whoever has it may have gone away, and no promise of another request tells. */
const TURN_MS = 1_000
/** Whoever has waited so long (ms) goes on without a turn. */
const MOST_WAIT_MS = 10_000
const LOOK_EVERY_MS = 4
/** More than an isolate has at a time. */
const MOST_TURNS = 1_000

const turns = new QuickLRU<string, { untilMs: number }>({ maxSize: MOST_TURNS })

/**
 * Does one thing after the other that has the same name, in this isolate and as far as can be: for what would be right
 * at the same time too, but would have to be done again and again.
 */
export async function inTurn<T>(name: string, act: () => Promise<T>): Promise<T> {
  const sinceMs = Date.now()
  for (;;) {
    const nowMs = Date.now()
    const isFree = nowMs >= (turns.get(name)?.untilMs ?? 0)
    if (isFree || nowMs - sinceMs >= MOST_WAIT_MS) break
    await scheduler.wait(LOOK_EVERY_MS * (1 + Math.random()))
  }
  const own = { untilMs: Date.now() + TURN_MS }
  turns.set(name, own)
  try {
    return await act()
  } finally {
    if (turns.get(name) === own) turns.delete(name)
  }
}
