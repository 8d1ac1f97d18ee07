import { Hono } from 'hono'
import * as z from 'zod'
import type { AppEnv } from '../auth/principal.ts'
import { operation } from '../docs/operation.ts'
import { reseal } from '../../store/reseal.ts'
import { reachOf, unconfirmed } from '../change.ts'

const resealedView = z
  .object({
    resealed: z.int().describe('Values that this call has sealed anew.'),
    remaining: z.int().describe('Values that a former key has sealed. Call again until it is 0.'),
    unreadable: z
      .int()
      .describe('Values that no known key opens. They stay as they are, and open again with their key.'),
  })
  .meta({ id: 'Resealed' })

export const encryptionRoutes = new Hono<AppEnv>().post(
  '/encryption/reseal',
  operation({
    operationId: 'resealSecrets',
    summary: 'Seal stored secrets with the current ENCRYPTION_KEY',
    description:
      'For after a change of `ENCRYPTION_KEY`, with the former key in `ENCRYPTION_KEYS_OLD`. Takes some hundreds of ' +
      'values a call; call it until `remaining` is 0. A call that is cut off, or made twice, does no harm.',
    tag: 'Operations',
    scopes: ['admin'],
    success: { 200: ['How far it has come', resealedView] },
  }),
  async (c) => {
    const resealed = await reseal(c.env, c.var.principal.key_id, (accountId) => reachOf(c.env, accountId))
    if (resealed === 'unavailable') throw unconfirmed()
    return c.json(resealed)
  },
)
