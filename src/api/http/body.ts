import type { Context, MiddlewareHandler } from 'hono'
import { resolver, uniqueSymbol } from 'hono-openapi'
import type * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { answers, type AnySchema } from '../docs/answers.ts'
import { check, invalid } from './faults.ts'
import { nestsDeeperThan, parseJson } from '../../lib/json.ts'
import { Problem } from './problem.ts'

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
    const checked = check(schema, await readJson(c, options, JSON.parse))
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
    c.req.addValidatedData('json', await readJson(c, options, parse))
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

/** Takes the query that a schema describes; `c.req.valid('query')` has it checked. Documents it, too. */
export function query<S extends z.ZodType<object>>(schema: S): Query<z.input<S>, z.output<S>> {
  const middleware: Query<z.input<S>, z.output<S>> = async (c, next) => {
    const checked = check(schema, c.req.query())
    if (!checked.ok) throw invalid(checked.faults)
    c.req.addValidatedData('query', checked.data)
    await next()
  }
  return Object.assign(middleware, { [uniqueSymbol]: { target: 'query' as const, ...resolver(schema) } })
}

/**
 * Reads a JSON body within its bounds.
 * @throws Problem: 415 where it is compressed or not JSON by its content type, 413 where it is too large, 400 where
 * it is malformed or does not arrive, 422 where it is no object or nests too deep.
 */
export async function readJson(
  c: Context,
  options: BodyOptions,
  parse: (text: string) => unknown,
): Promise<object> {
  const encoding = c.req.header('content-encoding') ?? 'identity'
  // A few kilobytes can unfold to gigabytes, and the bounds are on what is sent.
  if (encoding.toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', 'Send the body uncompressed, without a Content-Encoding')
  }
  const type = c.req.header('content-type')
  const text = await readText(c.req.raw, options.maxBytes ?? BODY_BYTES)
  if (text === '' && options.optional === true) return {}
  if (type === undefined || !/^application\/json\s*(;|$)/i.test(type)) {
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

/** Reads the body as it comes, so that one without (or with a wrong) content-length is stopped at the bound too. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = new Problem('too_large', `The body may be at most ${maxBytes} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge
  if (request.body === null) return ''
  const { promise: deadline, reject } = Promise.withResolvers<never>()
  const tooSlow = new Problem('malformed_json', `The body did not arrive within ${BODY_TIMEOUT_MS / 1000} s`)
  const timer = setTimeout(() => reject(tooSlow), BODY_TIMEOUT_MS)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  // Safe: a request's body is bytes; the platform's types leave open what a stream holds.
  const reader = (request.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value: chunk } = await Promise.race([reader.read(), deadline])
      if (done) return text + decode(decoder)
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw tooLarge
      text += decode(decoder, chunk)
    }
  } catch (error) {
    // What is left of the body is nobody's; that it cannot be cancelled changes nothing.
    void reader.cancel().catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch {
    throw new Problem('malformed_json', 'The body is not UTF-8')
  }
}
