/** What POST /v1/events… does, from the request to the answer. */
import type { Env } from '../../contracts/env.ts'
import type { Scope } from '../../contracts/principal.ts'
import { isJsonObject, parseJson, type Json } from '../../lib/json.ts'
import type { Principal } from '../auth/principal.ts'
import { readJson } from '../http/body.ts'
import { invalid } from '../http/faults.ts'
import { jsonAnswer } from '../http/headers.ts'
import { Problem } from '../http/problem.ts'
import { acceptEvent, acceptEvents, type Taken } from './accept.ts'
import { BATCH_EVENTS, EVENT_BYTES } from './schema.ts'

/** The scopes of keys that may bring events. */
export const INGEST_SCOPES: readonly Scope[] = ['admin', 'ingest']

/** What a batch may weigh: all its events at their largest, and the JSON around them. */
const BATCH_BYTES = BATCH_EVENTS * EVENT_BYTES + 64 * 1024

/** @throws Problem if the event was not taken. */
export async function takeEvent(request: Request, env: Env, principal: Principal): Promise<Response> {
  const body = await readJson(request, { maxBytes: EVENT_BYTES }, parseJson)
  // Safe: readJson answers with what parseJson made.
  const event = withKey(body as Json, request.headers.get('idempotency-key'))
  const answer = await acceptEvent(env, principal, event)
  if (answer instanceof Problem) throw answer
  return jsonAnswer(answer, 202)
}

/** @throws Problem if the batch is none, or nothing of it could be stored. */
export async function takeBatch(request: Request, env: Env, principal: Principal): Promise<Response> {
  const events = eventsOf((await readJson(request, { maxBytes: BATCH_BYTES }, parseJson)) as Json) // safe: as above
  const answers = await acceptEvents(env, principal, events)
  const untaken = answers.filter(isUnavailable)
  const [first] = untaken
  // Whoever looks at the status alone must not take events for durable of which none is.
  if (first !== undefined && untaken.length === answers.length) throw first
  const response = jsonAnswer({ data: answers.map(toItem) }, 202)
  if (first !== undefined) response.headers.set('retry-after', String(first.retryAfterS))
  return response
}

function isUnavailable(answer: Taken | Problem): answer is Problem {
  return answer instanceof Problem && answer.code === 'unavailable'
}

function toItem(answer: Taken | Problem) {
  if (!(answer instanceof Problem)) return { status: 202, ...answer }
  const { status, ...error } = answer.toDocument()
  return { status, error }
}

function eventsOf(body: Json): Json[] {
  if (!isJsonObject(body)) throw invalid([{ path: '', message: 'must be an object' }])
  const unknown = Object.keys(body).filter((key) => key !== 'events')
  const faults = unknown.map((path) => ({ path, message: 'is not a known field' }))
  const events = body['events']
  if (events === undefined) faults.push({ path: 'events', message: 'is required' })
  else if (!Array.isArray(events)) faults.push({ path: 'events', message: 'must be an array' })
  else if (events.length === 0 || events.length > BATCH_EVENTS) {
    faults.push({ path: 'events', message: `must hold 1 to ${BATCH_EVENTS} events, not ${events.length}` })
  }
  if (faults.length > 0 || !Array.isArray(events)) throw invalid(faults)
  return events
}

/** The event with its id from the header, where the body has none. Where both have one they have to agree. */
function withKey(event: Json, key: string | null): Json {
  if (key === null || !isJsonObject(event)) return event
  const { id } = event
  if (id === undefined || id === null) return { ...event, id: key }
  if (id !== key) throw invalid([{ path: 'id', message: 'is not what the Idempotency-Key header says' }])
  return event
}
