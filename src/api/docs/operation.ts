import type { MiddlewareHandler } from 'hono'
import { uniqueSymbol, type DescribeRouteOptions } from 'hono-openapi'
import { requireScope } from '../auth/authenticate.ts'
import type { Scope } from '../../contracts/principal.ts'
import type { AppEnv } from '../auth/principal.ts'
import { answers, type AnySchema } from './answers.ts'

/** The pages of the reference, in their order. */
export const TAGS = {
  Events: 'Call events from the telephony core: sending them.',
  Webhooks: 'Where events go, and how: creating, changing, pausing and trying out a webhook.',
  'Signing secrets': 'What receivers verify signatures with.',
  'Operational webhook': 'What the relay tells an account of its own webhooks.',
  Deliveries: 'What was sent, and what came of it; retrying one.',
  Replays: 'Making again what has ended, in the order of each call.',
  Calls: 'A call from its first event to its last.',
  Triggers: 'The catalogue: what happens in a call, and the variables that each trigger has.',
  Accounts: "The operator's: accounts and what holds for them.",
  Keys: 'API keys, of an account or of every account.',
  Numbers: 'The My Numbers of an account, which webhooks filter by.',
  'Audit log': 'Who changed what.',
  Operations: 'The relay itself.',
} as const
export type Tag = keyof typeof TAGS

interface Operation {
  operationId: string
  summary: string
  tag: Tag
  description?: string
  /** The scopes that may; `public` needs no key. */
  scopes: readonly Scope[] | 'public'
  success: Record<number, [description: string, schema?: AnySchema]>
  /** Statuses of problems beyond those that every route has and those that `body` and `query` add. */
  problems?: readonly number[]
  /** The query takes `account_id`: `required` where a key of every account has to say whose. */
  account?: 'required' | 'optional'
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
  const spec: DescribeRouteOptions = {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.tag],
    description: route.description === undefined ? who : `${route.description}\n\n${who}`,
    responses: answers(route.success, ...common, ...lookup, ...(route.problems ?? [])),
  }
  if (scopes === 'public') spec.security = []
  if (account !== undefined) {
    const description = ACCOUNT_PARAMETER[account]
    spec.parameters = [{ in: 'query', name: 'account_id', schema: { type: 'string' }, description }]
  }
  const guard: MiddlewareHandler<AppEnv> =
    scopes === 'public' ? (_c, next) => next() : requireScope(...scopes)
  return Object.assign(guard, { [uniqueSymbol]: { spec } })
}
