import { Hono } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { TRIGGERS } from '../../catalogue/triggers.ts'
import { triggerSlug } from './slug.ts'
import { OUTBOUND_TYPES } from '../../catalogue/types.ts'
import { listOf } from '../http/list.ts'
import { operation } from '../docs/operation.ts'

const triggerView = z
  .object({
    slug: triggerSlug,
    name: z.string(),
    description: z.string(),
    deprecated: z.boolean(),
    call_types: z.array(z.enum(['inbound', 'outbound'])),
    outbound_types: z.array(z.enum(OUTBOUND_TYPES)),
    variables: z.array(
      z.object({
        name: z.string(),
        type: z.enum(['string', 'integer', 'boolean', 'object', 'array_of_strings', 'array_of_objects']),
        description: z.string(),
        example: z.string().optional(),
        temporal: z.enum(['timestamp', 'date', 'time']).optional(),
      }),
    ),
  })
  .meta({
    id: 'Trigger',
    examples: TRIGGERS.slice(0, 1).map((each) => ({ ...each, variables: each.variables.slice(0, 2) })),
  })

export const triggerRoutes = new Hono<AppEnv>().get(
  '/triggers',
  operation({
    operationId: 'listTriggers',
    summary: 'List the triggers',
    tag: 'Triggers',
    scopes: ['admin', 'manage', 'read'],
    success: { 200: ['Every trigger with its variables', listOf(triggerView)] },
  }),
  (c) => c.json({ data: TRIGGERS, next_cursor: null }),
)
