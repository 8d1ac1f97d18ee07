/** The API by its types alone: nothing of the Worker is in the bundle. */
import { hc, type ClientResponse } from 'hono/client'
import type { AppType } from '../../../src/api/app.ts'
import type { ProblemDocument } from '../../../src/api/http/problem.ts'
import { isEmbedded } from '../place.ts'
import { strings } from '../strings.ts'
import { ApiProblem } from './problem.ts'

/** In a frame the session is another, and a page's never counts there. */
const headers: Record<string, string> = isEmbedded ? { 'relay-session': 'embed' } : {}

export const { v1 } = hc<AppType>(window.location.origin, { headers })

/** What the JSON of a success is. */
type BodyOf<R> = R extends ClientResponse<infer T, infer _Status, 'json'> ? T : null

/**
 * Waits for an answer of the typed client.
 * @throws ApiProblem if it is not a success, or there is none
 */
export async function ask<R extends ClientResponse<unknown>>(asked: Promise<R>): Promise<BodyOf<R>> {
  const response = await asked.catch(() => {
    throw new ApiProblem({ code: 'unreachable', status: 0, detail: strings.errors.unreachable }, null)
  })
  if (!response.ok) throw await problemOf(response)
  // Safe: the type is what the route says that it answers a success with.
  return (response.status === 204 ? null : await response.json()) as BodyOf<R>
}

async function problemOf(response: ClientResponse<unknown>): Promise<ApiProblem> {
  const requestId = response.headers.get('x-request-id')
  const { status } = response
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) {
    return new ApiProblem({ code: 'internal', status, detail: strings.errors.notTheRelay }, requestId)
  }
  // Safe: that type of content is the relay's problem document.
  return new ApiProblem((await response.json()) as ProblemDocument, requestId)
}
