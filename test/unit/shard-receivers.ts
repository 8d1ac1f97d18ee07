import type { AttemptResult } from '../../src/contracts/jobs.ts'

export const TIMEOUT_MS = 4_000
export const SCHEDULE_MS = [0, 1_000, 4_000]
/** What a value may hold that no row takes. */
export const MARKER = 'poison'

/** How a receiver answers. `toxic`: with a body that no row takes. */
export type Answer = 'ok' | 'fails' | 'busy' | 'limited' | 'gone' | 'hangs' | 'toxic'

export interface Receiver {
  answer: Answer
  latencyMs: number
  /** The relay knows it as slow. */
  isSlow: boolean
}

/** An attempt, as its maker has it. */
export interface Attempt {
  readonly callId: string
  readonly webhookId: string
  readonly seq: number
  readonly rank: number
  readonly attempt: number
  readonly manual: boolean
  readonly probe: boolean
}

/** A request, as its receiver sees it. Times are ms since epoch. */
export interface Request extends Attempt {
  readonly startedMs: number
  readonly endsMs: number
  readonly answer: Answer
  readonly tell: (result: AttemptResult) => void
}

/** The receivers of all webhooks, and the requests that are under way. */
export class Receivers {
  readonly byWebhook = new Map<string, Receiver>()
  #requests: Request[] = []

  constructor(webhookIds: Iterable<string>) {
    for (const id of webhookIds) this.byWebhook.set(id, { answer: 'ok', latencyMs: 0, isSlow: false })
  }

  setAll(receiver: Receiver): void {
    for (const id of this.byWebhook.keys()) this.byWebhook.set(id, { ...receiver })
  }

  /** A request goes out. @param sees is told of it */
  request(attempt: Attempt, nowMs: number, sees: (request: Request) => void): Promise<AttemptResult> {
    const { answer = 'ok', latencyMs = 0 } = this.byWebhook.get(attempt.webhookId) ?? {}
    const tookMs = answer === 'hangs' ? TIMEOUT_MS : Math.min(latencyMs, TIMEOUT_MS)
    return new Promise((tell) => {
      const request = { ...attempt, startedMs: nowMs, endsMs: nowMs + tookMs, answer, tell }
      sees(request)
      this.#requests.push(request)
    })
  }

  /** When the next answer comes (ms since epoch). */
  get nextMs(): number {
    return Math.min(Infinity, ...this.#requests.map(({ endsMs }) => endsMs))
  }

  /** Answers what is due by now; false if nothing is. */
  answer(nowMs: number): boolean {
    const due = this.#requests.filter(({ endsMs }) => endsMs <= nowMs)
    this.#requests = this.#requests.filter(({ endsMs }) => endsMs > nowMs)
    for (const request of due) request.tell(resultOf(request))
    return due.length > 0
  }
}

const STATUS: Record<Answer, number | null> = {
  ok: 200,
  toxic: 200,
  fails: 500,
  busy: 503,
  limited: 429,
  gone: 410,
  hangs: null,
}

function resultOf({ answer, startedMs, endsMs }: Request): AttemptResult {
  const tookMs = endsMs - startedMs
  const status_code = tookMs >= TIMEOUT_MS ? null : STATUS[answer]
  return {
    started_at: startedMs,
    duration_ms: tookMs,
    status_code,
    error: status_code === null ? 'timeout' : status_code === 200 ? null : 'status',
    response_body: answer === 'toxic' ? MARKER : '',
    version: 1,
    retry_after_ms: answer === 'busy' || answer === 'limited' ? 3_000 : null,
  }
}
