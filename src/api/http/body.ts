import type { MiddlewareHandler } from 'hono'
import { resolver, uniqueSymbol } from 'hono-openapi'
import type * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { answers, type AnySchema } from '../docs/answers.ts'
import { check, invalid } from './faults.ts'
import { nestsDeeperThan, parseJson } from '../../lib/json.ts'
import { Problem, type Fault } from './problem.ts'

/** What a request to the control plane may weigh. */
export const BODY_BYTES = 64 * 1024
/** Deeper than anything that a route takes, and far from what would cost the stack of whoever walks it. */
const BODY_DEPTH = 100
/** The platform gives a body all the time that its client takes; a largest batch needs 4 Mbit/s for this. */
const BODY_TIMEOUT_MS = 60_000

interface BodyOptions {
  maxBytes?: number
  /** The body may be left out, which is as if it were `{}`. */
  optional?: boolean
}

type Body<In, Out> = MiddlewareHandler<AppEnv, string, { in: { json: In }; out: { json: Out } }>
type Query<In, Out> = MiddlewareHandler<AppEnv, string, { in: { query: In }; out: { query: Out } }>
type InputOf<S extends AnySchema> = NonNullable<S['~standard']['types']>['input']

/** Takes a JSON body that a schema describes; `c.req.valid('json')` has it checked. Documents it, too. */
export function body<S extends z.ZodType<object>>(
  schema: S,
  options: BodyOptions = {},
): Body<z.input<S>, z.output<S>> {
  const middleware: Body<z.input<S>, z.output<S>> = async (c, next) => {
    const checked = check(schema, await readJson(c.req.raw, options, JSON.parse))
    if (!checked.ok) throw invalid(checked.faults)
    c.req.addValidatedData('json', checked.data)
    await next()
  }
  return documented(middleware, schema, options)
}

/**
 * Takes a JSON body and leaves it unchecked, for a route that checks it with more than a schema knows. The
 * schema is for the documents alone. `lossless` keeps the digits of numbers as `src/json.ts` does.
 */
export function uncheckedBody<S extends AnySchema>(
  schema: S,
  options: BodyOptions & { lossless?: boolean } = {},
): Body<InputOf<S>, object> {
  const parse = options.lossless === true ? parseJson : JSON.parse
  const middleware: Body<InputOf<S>, object> = async (c, next) => {
    c.req.addValidatedData('json', await readJson(c.req.raw, options, parse))
    await next()
  }
  return documented(middleware, schema, options)
}

function documented<M extends object>(middleware: M, schema: AnySchema, options: BodyOptions): M {
  const requestBody = {
    required: options.optional !== true,
    content: { 'application/json': { schema: resolver(schema) } },
  }
  const spec = { requestBody, responses: answers({}, 400, 413, 415, 422) }
  return Object.assign(middleware, { [uniqueSymbol]: { spec } })
}

/**
 * Takes the query that a schema describes; `c.req.valid('query')` has it checked. Documents it, too.
 * @param repeated the names that may be there more than once: each is an array for the schema
 */
export function query<S extends z.ZodType<object>>(
  schema: S,
  repeated: readonly string[] = [],
): Query<z.input<S>, z.output<S>> {
  const middleware: Query<z.input<S>, z.output<S>> = async (c, next) => {
    const given = c.req.query()
    const arrays = repeated.flatMap((name) => {
      const all = c.req.queries(name)
      return all === undefined ? [] : [[name, all]]
    })
    const checked = check(schema, { ...given, ...Object.fromEntries(arrays) })
    if (!checked.ok) throw invalid(checked.faults.map((fault) => ofLostPlus(fault, given[fault.path])))
    c.req.addValidatedData('query', checked.data)
    await next()
  }
  return Object.assign(middleware, { [uniqueSymbol]: { target: 'query' as const, ...resolver(schema) } })
}

/** A plus that is not encoded is a space in a query (WHATWG URL, 5.1), and nobody who sent one sees it there. */
function ofLostPlus(fault: Fault, value: string | undefined): Fault {
  if (value === undefined || !/^\d{4}-\d\d-\d\d[Tt ].* \d\d:?\d\d$/.test(value)) return fault
  return { ...fault, message: `${fault.message}; in a URL the plus of its offset is spelled %2B` }
}

/**
 * Reads a JSON body within its bounds.
 * @throws Problem: 415 where it is compressed or not JSON by its content type, 413 where it is too large, 400 where
 * it is malformed or does not arrive, 422 where it is no object or nests too deep.
 */
export async function readJson(
  request: Request,
  options: BodyOptions,
  parse: (text: string) => unknown,
): Promise<object> {
  const { headers } = request
  const encoding = headers.get('content-encoding')
  // A few kilobytes can unfold to gigabytes, and the bounds are on what is sent.
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', 'Send the body uncompressed, without a Content-Encoding')
  }
  const type = headers.get('content-type')
  const text = await readText(request, options.maxBytes ?? BODY_BYTES)
  if (text === '' && options.optional === true) return {}
  if (type === null || !/^application\/json\s*(;|$)/i.test(type)) {
    throw new Problem('unsupported_media_type', 'Send the body as application/json')
  }
  if (nestsDeeperThan(BODY_DEPTH, text)) {
    throw invalid([{ path: '', message: `must not nest deeper than ${BODY_DEPTH}` }])
  }
  const value = parsed(text, parse)
  if (value === undefined) throw new Problem('malformed_json', 'The body is not well-formed JSON')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid([{ path: '', message: 'must be an object' }])
  }
  return value
}

function parsed(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}

/** A body that says it is at most so long (bytes) is read at once, which costs half of what reading it by pieces does. */
const SHORT_BYTES = 64 * 1024

async function readText(request: Request, maxBytes: number): Promise<string> {
  // The platform holds who sends a body from outside to its content-length.
  const length = Number(request.headers.get('content-length') ?? Number.NaN)
  if (length > maxBytes) throw tooLarge(maxBytes)
  if (length <= SHORT_BYTES) {
    const bytes = await inTime(request.arrayBuffer())
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes)
    return decode(WHOLE, bytes)
  }
  return request.body === null ? '' : readPieces(request.body, maxBytes)
}

/** Reads the body as it comes, so that one without a content-length is stopped at the bound too. */
async function readPieces(stream: ReadableStream, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder(...UTF_8)
  // Safe: a request's body is bytes; the platform's types leave open what a stream holds.
  const reader = (stream as ReadableStream<Uint8Array>).getReader()
  const read = async (): Promise<string> => {
    let text = ''
    let bytes = 0
    for (;;) {
      const { done, value: chunk } = await reader.read()
      if (done) return text + decode(decoder)
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      text += decode(decoder, chunk, true)
    }
  }
  try {
    return await inTime(read())
  } catch (error) {
    // What is left of the body is nobody's; that it cannot be cancelled changes nothing.
    void reader.cancel().catch(() => {})
    throw error
  }
}

/** What a body is read to, unless it takes too long. */
async function inTime<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  try {
    return await new Promise<T>((resolve, reject) => {
      timer = setTimeout(() => reject(tooSlow()), BODY_TIMEOUT_MS)
      reading.then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
  }
}

const UTF_8 = ['utf-8', { fatal: true, ignoreBOM: false }] as const
/** For bodies in one piece: it keeps nothing from one to the next. */
const WHOLE = new TextDecoder(...UTF_8)

function decode(decoder: TextDecoder, chunk?: ArrayBuffer | Uint8Array, stream = false): string {
  try {
    return decoder.decode(chunk, { stream })
  } catch {
    throw new Problem('malformed_json', 'The body is not UTF-8')
  }
}

function tooLarge(maxBytes: number): Problem {
  return new Problem('too_large', `The body may be at most ${maxBytes} bytes`)
}

function tooSlow(): Problem {
  return new Problem('malformed_json', `The body did not arrive within ${BODY_TIMEOUT_MS / 1000} s`)
}
