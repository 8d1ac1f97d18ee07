import type { MiddlewareHandler } from 'hono'
import { uniqueSymbol, type DescribeRouteOptions } from 'hono-openapi'
import type * as z from 'zod'
import { requireScope } from '../auth/authenticate.ts'
import type { Scope } from '../../contracts/principal.ts'
import type { AppEnv } from '../auth/principal.ts'
import { answers, preconditionFailed, withEtag, type Answers, type AnySchema } from './answers.ts'

/** The pages of the reference, in their order. */
export const TAGS = {
  Events: 'Call events from the telephony core: sending them.',
  Webhooks: 'Where events go, and how: creating, changing, pausing and trying out a webhook.',
  'Signing secrets': 'What receivers verify signatures with.',
  'Operational webhook': 'What the relay tells an account of its own webhooks.',
  Deliveries: 'What was sent, and what came of it; retrying one.',
  Replays: 'Making again what has ended, in the order of each call.',
  Calls: 'A call from its first event to its last.',
  Stats: 'How many deliveries there were, how they ended, and how long they took.',
  Triggers: 'The catalogue: what happens in a call, and the variables that each trigger has.',
  Accounts: "The operator's: accounts and what holds for them.",
  Keys: 'API keys, of an account or of every account.',
  Numbers: 'The My Numbers of an account, which webhooks filter by.',
  Sessions: 'For browsers, and for those who send them here: API clients use keys.',
  'Audit log': 'Who changed what.',
  Operations: 'The relay itself: health, metrics, this reference, sealing with a new key.',
} as const
export type Tag = keyof typeof TAGS

/** What a request is let in by, as the document names it. */
const BEARER = { bearer: [] }
export const SECURITY = [BEARER, { session: [] }]

interface Operation {
  operationId: string
  summary: string
  tag: Tag
  description?: string
  /** The scopes that may; `public` needs no key. */
  scopes: readonly Scope[] | 'public'
  /** Each with the content type of its answer, if that is not JSON. */
  success: Record<number, [description: string, schema?: AnySchema, type?: string]>
  /** Statuses of problems beyond those that every route has and those that `body` and `query` add. */
  problems?: readonly number[]
  /** The query takes `account_id`: `required` where a key of every account has to say whose. */
  account?: 'required' | 'optional'
  /**
   * Its answers have an `ETag`, and it heeds the headers that name one: `made` none, `read` `If-None-Match`, and what
   * changes an object `If-Match`: then `changes` is the view of what is there.
   */
  etag?: 'made' | 'read' | { changes: z.ZodType }
}

const ACCOUNT_PARAMETER = {
  required: 'Whose. Required with a key that reaches every account; any other key acts for its own.',
  optional: 'Whose. Not needed, since the id says so; where given, it has to be right.',
}

/** Says what a route is, for the documents, and lets only keys of its scopes through. */
export function operation(route: Operation): MiddlewareHandler<AppEnv> {
  const { scopes, account } = route
  const common = scopes === 'public' ? [500] : [401, 403, 429, 500, 503]
  const lookup = account === 'required' ? [404, 422] : []
  const who =
    scopes === 'public' ? 'Needs no key.' : `Scopes: ${scopes.map((scope) => `\`${scope}\``).join(', ')}.`
  const versions = versionsOf(route)
  const spec: DescribeRouteOptions = {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    description: route.description === undefined ? who : `${route.description}\n\n${who}`,
    responses: versions.describe(answers(route.success, ...common, ...lookup, ...(route.problems ?? []))),
  }
  const parameters: Parameters = [...versions.parameters]
  if (scopes === 'public') spec.security = []
  // What brings events takes no cookie.
  else if (scopes.includes('ingest')) spec.security = [BEARER]
  if (account !== undefined) {
    const description = ACCOUNT_PARAMETER[account]
    parameters.push({ in: 'query', name: 'account_id', schema: { type: 'string' }, description })
  }
  if (parameters.length > 0) spec.parameters = parameters
  const guard: MiddlewareHandler<AppEnv> =
    scopes === 'public' ? (_c, next) => next() : requireScope(...scopes)
  return Object.assign(guard, { [uniqueSymbol]: { spec } })
}

type Parameters = NonNullable<DescribeRouteOptions['parameters']>

/** What of an operation is there for the versions of the object that it is about. */
function versionsOf({ etag }: Operation): {
  describe: (documented: Answers) => Answers
  parameters: Parameters
} {
  if (etag === undefined) return { describe: (documented) => documented, parameters: [] }
  if (etag === 'made') return { describe: withEtag, parameters: [] }
  const faulty = answers({}, 422)
  const header = (name: string, description: string): Parameters => [
    { in: 'header', name, schema: { type: 'string' }, description },
  ]
  if (etag === 'read') {
    const known = { 304: { description: 'It is the version that `If-None-Match` names.' } }
    return {
      describe: (documented) => ({ ...withEtag(documented), ...known, ...faulty }),
      parameters: header('If-None-Match', 'An `etag` that was read: 304 as long as it is the same version.'),
    }
  }
  return {
    describe: (documented) => ({ ...withEtag(documented), ...preconditionFailed(etag.changes), ...faulty }),
    parameters: header('If-Match', 'An `etag` that was read: of another version nothing is changed (412).'),
  }
}
