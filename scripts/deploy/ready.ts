/** Whether a relay that was just deployed answers, and has what it needs. */

const LOOK_AGAIN_MS = 2_000
/** A key that is none: to know that, the Worker needs its settings and D1. */
const NO_KEY = 'Bearer deploy-asks-whether-this-is-known'

export type Readiness =
  | { readonly kind: 'ready'; readonly version: string }
  /** The Worker runs; `status` says what it lacks: 500 a setting, 503 its database. */
  | { readonly kind: 'not_working'; readonly status: number }
  | { readonly kind: 'no_answer'; readonly reason: string }

/** What time and the network are to this. */
export interface World {
  readonly fetch: typeof fetch
  readonly nowMs: () => number
  readonly passMs: (durationMs: number) => Promise<unknown>
}

/** Asks until the relay is ready, or for as long as `patienceMs`: a new address takes a while to be known. */
export async function readiness(url: string, patienceMs: number, world: World): Promise<Readiness> {
  const deadlineMs = world.nowMs() + patienceMs
  for (;;) {
    const found = await askOnce(url, world)
    if (found.kind === 'ready' || world.nowMs() >= deadlineMs) return found
    await world.passMs(LOOK_AGAIN_MS)
  }
}

async function askOnce(url: string, world: World): Promise<Readiness> {
  const options = { signal: AbortSignal.timeout(10_000), redirect: 'manual' } as const
  try {
    const health = await world.fetch(`${url}/health`, options)
    const body: unknown = health.ok ? await health.json() : await health.text()
    if (!isHealth(body)) return { kind: 'no_answer', reason: `GET ${url}/health: ${health.status}` }
    const asked = await world.fetch(`${url}/v1/triggers`, { ...options, headers: { authorization: NO_KEY } })
    await asked.body?.cancel()
    return asked.status === 401
      ? { kind: 'ready', version: body.version }
      : { kind: 'not_working', status: asked.status }
  } catch (error) {
    // Whatever it is, it is no answer: a name that is not known yet, a certificate that is not there yet, a page.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { kind: 'no_answer', reason: `GET ${url}/health: ${String(cause)}` }
  }
}

function isHealth(body: unknown): body is { version: string } {
  return typeof body === 'object' && body !== null && 'version' in body && typeof body.version === 'string'
}
