import type { Context } from 'hono'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { removal } from '../../store/changes.ts'
import { noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change } from '../change.ts'
import { changedMeanwhile, mayChange, preconditionsOf } from '../http/etag.ts'
import { termsFor } from './check.ts'
import { tagOfWebhook, type WebhookTerms } from './view.ts'

/**
 * Deletes a webhook of an account. If it is not there, the account's configuration is handed over all the same before
 * that is said: a deletion before may not have been confirmed, and this is how it is.
 * @param what it is, for the answer if it is not there
 * @param view of the webhook that is there, if that is another version than the one that was to be deleted
 * @throws Problem as `change`; 404 if the account has no such webhook; 412 if it is not as the request wants it
 */
export async function deleteWebhook(
  c: Context<AppEnv>,
  accountId: string,
  what: string,
  find: () => Promise<WebhookRow | undefined>,
  view: (row: WebhookRow, shards: number, terms: WebhookTerms) => Promise<{ etag: string }>,
): Promise<void> {
  const preconditions = preconditionsOf(c)
  const wasThere = (await find()) !== undefined
  const { shards, value: left } = await change(c.env, accountId, `The ${what}`, async (write) => {
    const row = await find()
    if (row === undefined) return { statements: [], value: null }
    const terms = await termsFor(c.env, accountId)
    return mayChange(preconditions, tagOfWebhook(row, terms))
      ? { statements: removal(write, c.var.principal.key_id, row), value: null }
      : { statements: [], value: { row, terms } }
  })
  if (left !== null) throw changedMeanwhile(what, await view(left.row, shards, left.terms))
  if (!wasThere) throw noSuch(what)
}
