import { createWebhook, newKey, newTenant, signIn } from './control.ts'
import type { Ids } from './document.ts'
import { api, deliveries, post, until, type Receivers } from './relay.ts'

export interface Tenant {
  ids: Ids
  /** By scope; `manage_session` is a browser's cookie. */
  keys: { manage: string; read: string; ingest: string; portal: string; manage_session: string }
}

/** A tenant that has one of everything, with `name` in all of it. */
export async function tenantWithAll(receivers: Receivers, name: string): Promise<Tenant> {
  const { account, manage, read, ingest } = await newTenant()
  const { key: portal } = await newKey(account, 'portal')
  await api('PATCH', `/v1/accounts/${account}`, { name })
  await api('PUT', `/v1/accounts/${account}/numbers`, { numbers: [{ number: '+918069010148', label: name }] })
  const webhook = await createWebhook(manage, {
    name,
    url: receivers.add(name),
    headers: [{ key: 'X-Key', value: name }],
  })
  const operational = { url: receivers.add(`${name}-operations`), headers: [{ key: 'X-Key', value: name }] }
  await api('PUT', `/v1/operational-webhook?account_id=${account}`, operational)
  const call = `call-of-${name}`
  await post(account, call, { variables: { name } })
  await until('its delivery is on record', async () => {
    const [delivery] = await deliveries(account, webhook.id)
    return delivery?.status === 'succeeded'
  })
  const [delivery] = await deliveries(account, webhook.id)
  const listed = await api<{ data: { id: string }[] }>('GET', `/v1/accounts/${account}/keys`)
  const path = `/v1/webhooks/${webhook.id}/replay?account_id=${account}`
  const replay = await api<{ id: string }>('POST', path, { since: '2020-01-01T00:00:00Z' })
  // The first in the list is another than the one that asks.
  const manage_session = await signIn({ key: manage })
  await signIn({ key: manage })
  const sessions = await api<{ data: { id: string }[] }>('GET', `/v1/accounts/${account}/sessions`)
  const ids = {
    accounts: account,
    keys: listed.body.data[0]?.id ?? '',
    webhooks: webhook.id,
    deliveries: delivery?.id ?? '',
    replays: replay.body.id,
    calls: call,
    sessions: sessions.body.data[0]?.id ?? '',
  }
  return { ids, keys: { manage, read, ingest, portal, manage_session } }
}
