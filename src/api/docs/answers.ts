import { resolver, type DescribeRouteOptions } from 'hono-openapi'
import * as z from 'zod'
import { Problem, PROBLEM_CODES, type ProblemCode } from '../http/problem.ts'

export type Answers = NonNullable<DescribeRouteOptions['responses']>
/** A schema of any library that follows Standard Schema. */
export type AnySchema = Parameters<typeof resolver>[0]

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(PROBLEM_CODES).describe('What went wrong, for programs.'),
    errors: z
      .array(z.object({ path: z.string().describe('Dotted, as in `headers.0.key`.'), message: z.string() }))
      .optional()
      .describe('Every fault of a bad request.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457: every answer that is not a success.' })

/** What the examples say of themselves; else it is their title. */
const DETAILS: Partial<Record<ProblemCode, string>> = {
  unauthorized: 'The key is not known',
  forbidden: 'A key of scope read may not do that',
  rate_limited: 'Ask again in a second',
  internal: 'The failure has been recorded',
  unavailable: 'Try again shortly',
}
const FAULTS = [{ path: 'name', message: 'is required' }]
const problems = PROBLEM_CODES.map((code) => {
  const [problem, bad] = [new Problem(code, ''), new Problem(code, '', { faults: FAULTS })]
  const document = problem.status === 422 ? bad.toDocument() : problem.toDocument()
  return { ...document, detail: DETAILS[code] ?? document.title }
})

/**
 * What a route documents of its answers: each success with its description and schema, and the statuses of the
 * problems it may answer with.
 */
export function answers(
  successes: Record<number, [description: string, schema?: AnySchema]>,
  ...statuses: number[]
): Answers {
  const documented: Answers = {}
  for (const [status, [description, schema]] of Object.entries(successes)) {
    documented[status] =
      schema === undefined
        ? { description }
        : { description, content: { 'application/json': { schema: resolver(schema) } } }
  }
  for (const status of statuses) {
    const own = problems.filter((problem) => problem.status === status)
    documented[status] = {
      description: own.map((problem) => problem.title).join('; or '),
      content: { 'application/problem+json': { schema: resolver(problemSchema), example: own[0] } },
      ...(RETRIED.has(status) ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
    }
  }
  return documented
}

const RETRIED: ReadonlySet<number> = new Set([429, 503])
const RETRY_AFTER = { description: 'Seconds to wait.', schema: { type: 'integer' } } as const
