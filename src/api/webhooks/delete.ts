import type { Context } from 'hono'
import type { WebhookRow } from '../../contracts/configuration.ts'
import { removal } from '../../store/changes.ts'
import { noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change } from '../change.ts'

/**
 * Deletes a webhook of an account. If it is not there, the account's configuration is handed over all the same before
 * that is said: a deletion before may not have been confirmed, and this is how it is.
 * @param what it is, for the answer if it is not there
 * @throws Problem as `change`, and 404 if the account has no such webhook
 */
export async function deleteWebhook(
  c: Context<AppEnv>,
  accountId: string,
  what: string,
  find: () => Promise<WebhookRow | undefined>,
): Promise<void> {
  const wasThere = (await find()) !== undefined
  await change(c.env, accountId, `The ${what}`, async (write) => {
    const row = await find()
    const statements = row === undefined ? [] : removal(write, c.var.principal.key_id, row)
    return { statements, value: null }
  })
  if (!wasThere) throw noSuch(what)
}
