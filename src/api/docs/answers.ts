import { resolver, type DescribeRouteOptions } from 'hono-openapi'
import * as z from 'zod'
import { Problem, PROBLEM_CODES } from '../http/problem.ts'

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

const problems = PROBLEM_CODES.map((code) => new Problem(code, '').toDocument())

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
    const titles = problems.filter((problem) => problem.status === status).map((problem) => problem.title)
    documented[status] = {
      description: titles.join('; or '),
      content: { 'application/problem+json': { schema: resolver(problemSchema) } },
      ...(RETRIED.has(status) ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
    }
  }
  return documented
}

const RETRIED: ReadonlySet<number> = new Set([429, 503])
const RETRY_AFTER = { description: 'Seconds to wait.', schema: { type: 'integer' } } as const
