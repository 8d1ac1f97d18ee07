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
  successes: Record<number, [description: string, schema?: AnySchema, type?: string]>,
  ...statuses: number[]
): Answers {
  const documented: Answers = {}
  for (const [status, [description, schema, type = 'application/json']] of Object.entries(successes)) {
    documented[status] =
      schema === undefined
        ? { description }
        : { description, content: { [type]: { schema: resolver(schema) } } }
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

/** Documents what a change of another version than the one that is there is answered with. @param current a view of that */
export function preconditionFailed(current: z.ZodType): Answers {
  const [titled] = problems.filter(({ code }) => code === 'precondition_failed')
  const schema = problemSchema.extend({
    current: current.nullable().describe('What is there now; null if nothing is.'),
  })
  return {
    412: {
      description: titled?.title ?? '',
      content: { 'application/problem+json': { schema: resolver(schema) } },
      headers: { ETag: { description: 'Of `current`.', schema: { type: 'string' } } },
    },
  }
}

/** Documents the `ETag` of what is answered with if all is well. */
export function withEtag(documented: Answers): Answers {
  const described: Answers = { ...documented }
  for (const [status, answer] of Object.entries(documented)) {
    if (Number(status) < 300 && 'content' in answer) described[status] = { ...answer, headers: { ETag } }
  }
  return described
}

const ETag = { description: 'The same as `etag`.', schema: { type: 'string' } } as const
const RETRIED: ReadonlySet<number> = new Set([429, 503])
const RETRY_AFTER = { description: 'Seconds to wait.', schema: { type: 'integer' } } as const
