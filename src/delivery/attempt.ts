import type { AttemptError } from '../contracts/deliveries.ts'
import type { AttemptResult } from '../contracts/jobs.ts'
import type { PreviousSecret, WebhookConfig } from '../contracts/webhook.ts'
import { report } from '../lib/failure.ts'
import type { Settings } from '../lib/settings.ts'
import { readStart } from './answer.ts'
import { Deadlines } from './deadlines.ts'
import type { DeliveryContext } from './event.ts'
import { isTooShortToTell, maskSpellings, spellingsOf, type AnswerText } from './mask.ts'
import { renderRequest, secretsOf, type Rendered } from './render.ts'
import { retryAfterMs } from './retry-after.ts'
import { putHeaders, signatureOf, signerOf, type Signer } from './sign.ts'
import { checkTarget, type TargetCheck } from './target.ts'

export type { AttemptError, AttemptResult }

/**
 * A webhook ready to be sent to: its configuration in clear and the secrets that sign, newest first. Never changed in
 * place: what attempts work out of it is kept for as long as it is.
 */
export interface Destination {
  readonly config: WebhookConfig
  readonly version: number
  readonly secrets: readonly string[]
  /** Secrets that were rotated out, newest first: each signs after the others until it expires. */
  readonly previous?: readonly PreviousSecret[]
}

/** What attempts have in common. Made once for each object, or for each invocation of the Worker. */
export interface AttemptTerms {
  readonly deadlines: Deadlines
  readonly allowPrivateTargets: boolean
  readonly sourceTimeZone: string
  /** ms since epoch */
  readonly now: () => number
}

/** The terms that the settings give. Not to be shared between invocations: its timers belong to one. */
export function attemptTerms(
  settings: Pick<Settings, 'deliveryTimeoutMs' | 'allowPrivateTargets' | 'sourceTimeZone'>,
  now: () => number = Date.now,
): AttemptTerms {
  const { deliveryTimeoutMs, allowPrivateTargets, sourceTimeZone } = settings
  return { deadlines: new Deadlines(deliveryTimeoutMs, now), allowPrivateTargets, sourceTimeZone, now }
}

/**
 * Makes one attempt. All up to the call of `fetch` happens before this returns, so what the caller has looked at just
 * before (the webhook's state) still holds when the request goes. Whatever goes wrong is in the result: it does not
 * throw.
 */
export async function startAttempt(
  destination: Destination,
  deliveryId: string,
  context: DeliveryContext,
  terms: AttemptTerms,
): Promise<AttemptResult> {
  const startedMs = terms.now()
  const { version } = destination
  const failed = (error: AttemptError, why: string | null, durationMs: number): AttemptResult => ({
    started_at: startedMs,
    duration_ms: durationMs,
    status_code: null,
    error,
    response_body: why,
    retry_after_ms: null,
    version,
  })
  const prepared = prepare(destination, deliveryId, context, startedMs, terms)
  if (!prepared.ok) return failed(prepared.error, prepared.why, 0)
  const { request, headers, cache } = prepared
  const { cleaned } = request
  const noted = (result: AttemptResult): AttemptResult =>
    cleaned.length === 0 ? result : { ...result, cleaned_headers: cleaned }

  const deadline = terms.deadlines.take(startedMs)
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      body: request.body,
      redirect: 'manual',
      ...cache,
      signal: deadline.signal,
    })
    const { status } = response
    const answeredMs = terms.now()
    const answer = await readStart(response)
    return noted({
      started_at: startedMs,
      duration_ms: answeredMs - startedMs,
      status_code: status,
      error: errorOfStatus(status, answer.text),
      response_body: isTooShortToTell(answer) ? answer.text : masked(answer, destination, request),
      retry_after_ms:
        status === 429 || status === 503
          ? retryAfterMs(response.headers.get('retry-after'), answeredMs)
          : null,
      version,
    })
  } catch (error) {
    const durationMs = terms.now() - startedMs
    const refusal = refusalOf(error)
    if (refusal === null) return noted(failed(errorOfFetch(error), null, durationMs))
    return noted(
      failed('invalid_request', `${REFUSED}: ${masked(refusal, destination, request)}`, durationMs),
    )
  } finally {
    deadline.out -= 1
  }
}

/** The request of a delivery just as it goes out, or what is wrong with it. */
export async function prepareRequest(
  destination: Destination,
  deliveryId: string,
  context: DeliveryContext,
  timestampS: number,
  sourceTimeZone: string,
): Promise<Rendered> {
  const request = renderRequest(destination.config, context, sourceTimeZone)
  if (!request.ok) return request
  const headers = headersOf(request, readyOf(destination).signer, deliveryId, timestampS * 1000, context)
  return { ...request, headers: Array.isArray(headers) ? headers : Object.entries(headers) }
}

/**
 * No cache may answer for a receiver. `no-store` has workerd say so in two headers, and costs a tenth of the attempt; to
 * a POST, which no cache keeps, it does nothing else, so the same two headers are put there by hand.
 */
function pastCaches(headers: SentHeaders, ready: Ready): CacheOption {
  if (!ready.saysNoCache || Array.isArray(headers)) return { cache: 'no-store' }
  headers['cache-control'] = 'no-cache'
  headers['pragma'] = 'no-cache'
  return {}
}

/** What attempts have worked out of a destination. */
interface Ready {
  readonly signer: Signer
  /** Its requests are POST, and its own headers leave the caches to us. */
  readonly saysNoCache: boolean
  target: { allowPrivate: boolean; check: TargetCheck } | null
  /** The spellings to mask, and what the headers said when they were worked out. */
  masks: { literals: string; spellings: readonly string[] } | null
}

const readies = new WeakMap<Destination, Ready>()

function readyOf(destination: Destination): Ready {
  let ready = readies.get(destination)
  if (ready === undefined) {
    const { config, secrets, previous } = destination
    const saysNoCache =
      config.method === 'POST' && !config.headers.some(({ key }) => /^(cache-control|pragma)$/i.test(key))
    ready = { signer: signerOf(secrets, previous), saysNoCache, target: null, masks: null }
    readies.set(destination, ready)
  }
  return ready
}

function targetOf(ready: Ready, destination: Destination, allowPrivate: boolean): TargetCheck {
  if (ready.target?.allowPrivate !== allowPrivate) {
    ready.target = { allowPrivate, check: checkTarget(destination.config.url, { allowPrivate }) }
  }
  return ready.target.check
}

type Prepared =
  | { ok: true; request: Sendable; headers: SentHeaders; cache: CacheOption }
  | { ok: false; error: AttemptError; why: string }
type Sendable = Extract<Rendered, { ok: true }>
type CacheOption = Pick<RequestInit, 'cache'>
type SentHeaders = Record<string, string> | [string, string][]

function prepare(
  destination: Destination,
  deliveryId: string,
  context: DeliveryContext,
  nowMs: number,
  terms: AttemptTerms,
): Prepared {
  try {
    const ready = readyOf(destination)
    const target = targetOf(ready, destination, terms.allowPrivateTargets)
    if (!target.ok) return { ok: false, error: 'blocked_target', why: target.reason }
    const request = renderRequest(destination.config, context, terms.sourceTimeZone)
    if (!request.ok) return { ok: false, error: 'invalid_request', why: describeFaults(request.faults) }
    const headers = headersOf(request, ready.signer, deliveryId, nowMs, context)
    return { ok: true, request, headers, cache: pastCaches(headers, ready) }
  } catch (error) {
    // A fault of our own. It would come back with every attempt, so it ends the delivery.
    report('preparing an attempt', error)
    return { ok: false, error: 'invalid_request', why: 'could not be put together' }
  }
}

/**
 * The webhook's headers, then the relay's. As a record they cost a third of what pairs cost; but a record would put
 * names like numbers first, and has a use for `__proto__`. No two names are the same: the configuration is checked.
 */
function headersOf(
  request: Sendable,
  signer: Signer,
  deliveryId: string,
  nowMs: number,
  context: DeliveryContext,
): SentHeaders {
  const signature = signatureOf(signer, deliveryId, nowMs, request.signed)
  const timestampS = Math.floor(nowMs / 1000)
  const headers: Record<string, string> = {}
  for (const [key, value] of request.headers) {
    if (key === '__proto__' || isDigit(key.charCodeAt(0))) {
      const standard = putHeaders({}, deliveryId, timestampS, signature, context)
      return [...request.headers, ...Object.entries(standard)]
    }
    headers[key] = value
  }
  return putHeaders(headers, deliveryId, timestampS, signature, context)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function masked(answer: AnswerText, destination: Destination, request: Sendable): string {
  const ready = readyOf(destination)
  const { secrets, previous = [] } = destination
  const literals = secretsOf(destination.config, request.scope)
  // What an event carries may change where a variable's name ends in a header; it hardly ever does.
  const name = JSON.stringify(literals)
  if (ready.masks?.literals !== name) {
    const all = [...literals, ...secrets, ...previous.map((each) => each.secret)]
    ready.masks = { literals: name, spellings: spellingsOf(all) }
  }
  return maskSpellings(answer, ready.masks.spellings)
}

/** The statuses by which Cloudflare says that it has got no answer (its documentation of 52x and 1xxx errors). */
const PLATFORM_ERRORS: ReadonlyMap<number, AttemptError> = new Map([
  [520, 'connection'],
  [521, 'connection'],
  [522, 'connection'],
  [523, 'connection'],
  [525, 'tls'],
  [526, 'tls'],
])

function errorOfStatus(status: number, answer: string): AttemptError | null {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400) return 'redirect'
  // 530 comes with another error in its body: 1016 is that the name does not resolve.
  if (status === 530 && /\berror code: 1016\b/i.test(answer)) return 'dns'
  return PLATFORM_ERRORS.get(status) ?? 'status'
}

/**
 * The error class of a failed fetch. A name that does not resolve and a failed handshake are both `internal error;
 * reference = …` in workerd, so nothing more can be told of them.
 */
function errorOfFetch(error: unknown): AttemptError {
  const name = error instanceof Error ? error.name : ''
  return name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : 'connection'
}

const REFUSED = 'the platform does not send it'
/** So much of a refusal is kept (characters): it may quote the whole URL. */
const REFUSAL_LENGTH = 300

/** What the platform says of a request that it refuses to send, by a TypeError (Fetch standard); else null. */
function refusalOf(error: unknown): AnswerText | null {
  if (!(error instanceof TypeError)) return null
  const { message } = error
  return { text: message.slice(0, REFUSAL_LENGTH), cut: message.length > REFUSAL_LENGTH }
}

function describeFaults(faults: readonly { path: string; message: string }[]): string {
  return faults.map((fault) => `${fault.path} ${fault.message}`).join('; ')
}
