import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, newAccount, newWebhook, post, Receivers, until } from '../support/relay.ts'

let receivers: Receivers
beforeEach(() => {
  receivers = new Receivers()
})
afterEach(() => {
  vi.restoreAllMocks()
})

interface Entry {
  action: string
  actor: { type: string; id: string | null }
  before: Record<string, unknown> | null
  after: Record<string, unknown> | null
}

/** What the audit log has of an object, oldest first. */
async function auditOf(objectId: string): Promise<Entry[]> {
  const { body } = await api<{ data: Entry[] }>('GET', `/v1/audit?object_id=${objectId}`)
  return body.data.reverse()
}

test('a change of status is in the audit log with who made it; one that changes nothing is not', async () => {
  const account = await newAccount()
  const webhook = await newWebhook(account, receivers.add('audited'))
  const { body: key } = await api<{ id: string; key: string }>('POST', `/v1/accounts/${account}/keys`, {
    name: 'k',
    scope: 'manage',
  })
  await api('POST', `/v1/webhooks/${webhook}/pause`, undefined, key.key)
  await api('POST', `/v1/webhooks/${webhook}/pause`, undefined, key.key)
  await api('POST', `/v1/webhooks/${webhook}/enable`)
  await api('DELETE', `/v1/webhooks/${webhook}`, undefined, key.key)
  const entries = await auditOf(webhook)
  expect(entries.map(({ action, actor }) => [action, actor.type, actor.id])).toEqual([
    ['webhook.created', 'admin', null],
    ['webhook.paused', 'key', key.id],
    ['webhook.enabled', 'admin', null],
    ['webhook.deleted', 'key', key.id],
  ])
  expect(entries[1]).toMatchObject({ before: { status: 'active' }, after: { status: 'paused' } })
  expect(entries[3]?.before).toMatchObject({ name: 'Test' })
  expect(entries[3]?.after).toBeNull()
})

test('what the relay does by itself is in the audit log as the work of the relay', async () => {
  const account = await newAccount()
  const webhook = await newWebhook(
    account,
    receivers.add('gone-audited', () => new Response('', { status: 410 })),
  )
  await post(account, 'call-1')
  await until('it is disabled', async () =>
    (await auditOf(webhook)).some(({ action }) => action === 'webhook.disabled'),
  )
  expect((await auditOf(webhook)).at(-1)).toMatchObject({
    actor: { type: 'relay', id: null },
    after: { status: 'disabled', status_reason: 'The receiver answered 410 Gone' },
  })
})
