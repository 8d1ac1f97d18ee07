import type { Fault } from '../api/http/problem.ts'
import type { WebhookConfig } from '../contracts/webhook.ts'
import type { DeliveryContext } from './event.ts'
import { maskSecrets } from './mask.ts'
import { watchLateness } from './pace.ts'
import { renderRequest, type Rendered } from './render.ts'
import { retryAfterMs } from './retry-after.ts'
import { standardHeaders } from './sign.ts'
import { checkTarget } from './target.ts'

/** Why an attempt is not a success. `status`: the receiver answered, but not with a 2xx. */
export type AttemptError =
  | 'timeout'
  | 'dns'
  | 'connection'
  | 'tls'
  | 'redirect'
  | 'blocked_target'
  | 'status'
  | 'invalid_request'
  /** The platform's queue gave the attempt up before it was made. */
  | 'dead_letter'

export interface AttemptResult {
  started_at: number
  duration_ms: number
  status_code: number | null
  /** Null on success. */
  error: AttemptError | null
  /**
   * The first 16 KiB of the answer as text, with the webhook's secrets masked where it echoes them, or what was at
   * fault where no request went out.
   */
  response_body: string | null
  retry_after_ms: number | null
  /** The version of the webhook's configuration that the request was made from. */
  version: number
}

/** A webhook ready to be sent to: its configuration in clear and the secrets that sign, newest first. */
export interface Destination {
  readonly config: WebhookConfig
  readonly version: number
  readonly secrets: readonly string[]
}

export type Permission =
  /** `isFresh` says, at the last moment, whether the permission still holds. */
  { kind: 'granted'; destination: Destination; isFresh: () => boolean } | { kind: 'refused' }

/**
 * `withdrawn`: no request went out, because the webhook's state no longer allowed it (`refused`), because no
 * read of the state stayed valid for long enough to start (`stale`: the database is slow), or because its turn at
 * the webhook's rate limit is in `inMs` (`turn`), or not given out yet (`later`).
 */
export type AttemptOutcome =
  /** `receiverMs`: what of its duration was the receiver's own, and not this machine's being late. */
  | { kind: 'made'; result: AttemptResult; receiverMs: number }
  | { kind: 'withdrawn'; why: 'refused' | 'stale' }
  | { kind: 'withdrawn'; why: 'turn' | 'later'; inMs: number }

export interface AttemptTerms {
  /** Reads the webhook's current state: may an attempt start now, and to where. */
  readonly permission: () => Promise<Permission>
  /**
   * Returns once the platform has nothing to hold the request back for. An object's output gate waits for its writes,
   * and a request that waits there leaves later than its permission was looked at, and has less time for its answer.
   */
  readonly gateOpen: () => Promise<void>
  readonly timeoutMs: number
  readonly allowPrivateTargets: boolean
  readonly sourceTimeZone: string
  readonly now: () => number
}

/** An answer is read this far and no further; the rest is not taken off the wire. */
const RESPONSE_BYTES = 16 * 1024
/** How often a permission may go stale while the request is being prepared before the attempt gives up its turn. */
const PREPARATIONS = 5

/** The request of a delivery just as it goes out, or what is wrong with it. */
export async function prepareRequest(
  destination: Destination,
  deliveryId: string,
  context: DeliveryContext,
  timestampS: number,
  sourceTimeZone: string,
): Promise<Rendered> {
  const rendered = renderRequest(destination.config, context, sourceTimeZone)
  if (!rendered.ok) return rendered
  const signed = await standardHeaders({
    id: deliveryId,
    timestampS,
    signed: rendered.signed,
    secrets: destination.secrets,
    context,
  })
  return {
    ...rendered,
    headers: [...rendered.headers, ...signed],
    secrets: [...rendered.secrets, ...destination.secrets],
  }
}

/** Makes one attempt. Whatever goes wrong with the receiver is in the result; it throws only what `permission` does. */
export async function attempt(
  deliveryId: string,
  context: DeliveryContext,
  terms: AttemptTerms,
): Promise<AttemptOutcome> {
  for (let round = 0; round < PREPARATIONS; round += 1) {
    const permission = await terms.permission()
    if (permission.kind === 'refused') return { kind: 'withdrawn', why: 'refused' }
    const { destination, isFresh } = permission
    const startedAtMs = terms.now()
    const unsent = (error: AttemptError, why: string): AttemptOutcome => ({
      kind: 'made',
      receiverMs: 0,
      result: {
        started_at: startedAtMs,
        duration_ms: 0,
        status_code: null,
        error,
        response_body: why,
        retry_after_ms: null,
        version: destination.version,
      },
    })
    const target = checkTarget(destination.config.url, { allowPrivate: terms.allowPrivateTargets })
    if (!target.ok) return unsent('blocked_target', target.reason)
    const timestampS = Math.floor(startedAtMs / 1000)
    const request = await prepareRequest(destination, deliveryId, context, timestampS, terms.sourceTimeZone)
    if (!request.ok) return unsent('invalid_request', describeFaults(request.faults))
    await terms.gateOpen()
    // Nothing may be awaited between this check and the fetch: a change of state that has returned by now would
    // otherwise be overrun.
    if (!isFresh()) continue
    const lateMs = watchLateness(terms.now)
    const result = await send(request, terms)
    return {
      kind: 'made',
      result: { ...result, version: destination.version },
      receiverMs: Math.max(0, result.duration_ms - lateMs()),
    }
  }
  return { kind: 'withdrawn', why: 'stale' }
}

async function send(
  request: Extract<Rendered, { ok: true }>,
  terms: AttemptTerms,
): Promise<Omit<AttemptResult, 'version'>> {
  const startedAtMs = terms.now()
  const took = (): { started_at: number; duration_ms: number } => ({
    started_at: startedAtMs,
    duration_ms: terms.now() - startedAtMs,
  })
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
      cache: 'no-store',
      signal: AbortSignal.timeout(terms.timeoutMs),
    })
    const answered = took()
    return {
      ...answered,
      status_code: response.status,
      error: errorOfStatus(response.status),
      response_body: maskSecrets(await readStart(response), request.secrets),
      retry_after_ms: asksForDelay(response.status)
        ? retryAfterMs(response.headers.get('retry-after'), terms.now())
        : null,
    }
  } catch (error) {
    return { ...took(), status_code: null, error: classify(error), response_body: null, retry_after_ms: null }
  }
}

function errorOfStatus(status: number): AttemptError | null {
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirect' : 'status'
}

function asksForDelay(status: number): boolean {
  return status === 429 || status === 503
}

/** The first 16 KiB of an answer as text. What breaks while it is read ends it there: the status has decided. */
async function readStart(response: Response): Promise<{ text: string; cut: boolean }> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader() // safe: a fetched body is bytes
  if (reader === undefined) return { text: '', cut: false }
  const decoder = new TextDecoder()
  let text = ''
  let left = RESPONSE_BYTES
  try {
    while (left > 0) {
      const { done, value } = await reader.read()
      if (done) return { text: text + decoder.decode(), cut: false }
      text += decoder.decode(value.subarray(0, left), { stream: true })
      left -= value.byteLength
    }
    await reader.cancel()
  } catch {
    return { text, cut: true }
  }
  return { text, cut: true }
}

/** The error class of a failed fetch. workerd tells them apart by message only. */
function classify(error: unknown): AttemptError {
  if (!(error instanceof Error)) return 'connection'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout'
  if (/dns|getaddrinfo|resolve/i.test(error.message)) return 'dns'
  if (/tls|ssl|certificate/i.test(error.message)) return 'tls'
  return 'connection'
}

function describeFaults(faults: readonly Fault[]): string {
  return faults.map((fault) => `${fault.path} ${fault.message}`).join('; ')
}
