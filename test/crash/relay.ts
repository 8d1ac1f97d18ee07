/** The relay under test: `npm start` on one STATE_DIR, killed and started again as the plan says. */
import { ADMIN_KEY, client, RelayProcess } from '../e2e/relay-process.ts'
import { ATTEMPTS_BY, RETRIES_S, TIMEOUT_S, WINDOW_MS } from './settings.ts'
import { nowMs } from './receivers.ts'

/** A SIGKILL to the whole process group. Times are `nowMs`. */
export interface KillRecord {
  /** Just before the signal, and when the group was seen to be gone. */
  readonly atMs: number
  readonly goneMs: number
  /** `atMs` by `Date.now()`, as the relay's log has it. */
  readonly wallMs: number
  /** When the relay answered again. */
  readyMs: number
}

const SETTINGS = {
  ATTEMPTS_BY,
  ENCRYPTION_KEY: 'crash-encryption-key-0123456789',
  RETRY_SCHEDULE: RETRIES_S.join(','),
  DELIVERY_TIMEOUT_SECONDS: String(TIMEOUT_S),
  REORDER_WINDOW_SECONDS: String(WINDOW_MS / 1_000),
}
/** Longer than anything that the API does; a request that takes this long is asked again. */
const REQUEST_MOST_MS = 20_000
/** Longer than several kills in a row take: a relay that does not answer by then is down by itself. */
const GIVE_UP_MS = 90_000
/** After which a key that was answered 429 asks again (ms). */
const LIMITED_MS = 1_000

export interface RelayAnswer {
  status: number
  body: unknown
  /** How often it was asked: all but the last got no answer, and may have been carried out all the same. */
  tries: number
}

export class KilledRelay {
  readonly kills: KillRecord[] = []
  readonly #statePath: string
  readonly #root: string
  #process: Promise<RelayProcess>
  #isOver = false

  /** @param root the folder that it is started from */
  constructor(statePath: string, root: string) {
    this.#statePath = statePath
    this.#root = root
    this.#process = RelayProcess.start(statePath, SETTINGS, root)
  }

  /** Asks the relay once it is up, and again for as long as no answer comes, as the telephony core would. */
  async ask(method: string, path: string, body?: unknown): Promise<RelayAnswer> {
    const deadlineMs = nowMs() + GIVE_UP_MS
    for (let tries = 1; ; tries += 1) {
      const relay = await this.#process
      if (this.#isOver) throw new Error('the run is over')
      try {
        const signal = AbortSignal.timeout(REQUEST_MOST_MS)
        const answer = await client(relay.url, ADMIN_KEY)(method, path, body, signal)
        if (answer.status !== 429 || nowMs() > deadlineMs) return { ...answer, tries }
        // The timelines of a whole run are more than one key may read in ten seconds.
        await new Promise((next) => setTimeout(next, LIMITED_MS))
      } catch (error) {
        // Killed, or about to be; the next try waits until it is up again.
        if (nowMs() > deadlineMs) throw new Error(`${method} ${path} got no answer`, { cause: error })
        await new Promise((next) => setTimeout(next, 20))
      }
    }
  }

  /** Ends everything at once and starts it again on what is on disk. */
  async killAndStart(): Promise<void> {
    const killed = await this.#process
    if (this.#isOver) return
    const atMs = nowMs()
    const wallMs = Date.now()
    const gone = killed.kill()
    this.#process = gone.then(() => RelayProcess.start(this.#statePath, SETTINGS, this.#root))
    await gone
    const record: KillRecord = { atMs, wallMs, goneMs: nowMs(), readyMs: Infinity }
    this.kills.push(record)
    await this.#process
    record.readyMs = nowMs()
  }

  /** Ends it for good, whatever the run is doing: one that took too long is not to leave a relay behind. */
  async end(): Promise<void> {
    this.#isOver = true
    const relay = await this.#process.catch(() => null)
    if (relay?.isAlive === true) await relay.kill()
  }
}
