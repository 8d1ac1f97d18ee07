/** What the operator sees of an account's shards, and that an account is made with several. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard, DESK, PHONE, picture } from './harness.ts'

let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await Dashboard.start()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

const part = (account: string) => `/operator/account?tab=shards&account=${account}`

/** As a relay answers of an account that is large: one shard has room, two fill up, one is nearly full, one is not reached. */
const LARGE = {
  data: [0.1842, 0.7412, 0.7, 0.934, null].map((share, shard) =>
    share === null
      ? {
          shard,
          reached: false,
          bytes: null,
          share: null,
          oldest_event_at: null,
          waiting: null,
          held: null,
          oldest_waiting_at: null,
        }
      : {
          shard,
          reached: true,
          bytes: share * 10_000_000_000,
          share,
          oldest_event_at: '2026-11-21T04:11:09.000Z',
          waiting: shard,
          held: shard === 3 ? 10_000 : 0,
          oldest_waiting_at: shard === 0 ? null : '2026-11-28T09:20:00.000Z',
        },
  ),
  next_cursor: null,
  limit_bytes: 10_000_000_000,
}

async function showLarge(page: Page): Promise<void> {
  await page.route('**/v1/accounts/*/shards', async (route) => route.fulfill({ json: LARGE }))
  await page.reload()
  await page.getByText('Not reached').waitFor()
}

test('an account is made with several shards, and each is shown with how full it is and what waits in it', async () => {
  const { page, complaints } = await dashboard.open('/operator')
  await dashboard.signIn(page, ADMIN_KEY)
  await page.getByRole('button', { name: 'Add account' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Bharat Cabs')
  await dialog.getByText('Advanced').click()
  await dialog.getByText('cannot be changed later yet').waitFor()
  await dialog.getByLabel('Shards').fill('300')
  await dialog.getByRole('button', { name: 'Add account' }).click()
  await dialog.getByText('Enter a whole number from 1 to 256').waitFor()
  for (const viewport of [PHONE, DESK]) {
    await page.setViewportSize(viewport)
    await picture(page, `add account at ${viewport.width}`)
    expect(await dashboard.faults(page)).toEqual([])
  }
  await dialog.getByLabel('Shards').fill('3')
  await dialog.getByRole('button', { name: 'Add account' }).click()
  await page.getByText('No key yet').waitFor()
  const account = new URL(page.url()).searchParams.get('account') ?? ''
  const api = dashboard.api()
  expect((await api<{ shards: number }>('GET', `/v1/accounts/${account}`)).body.shards).toBe(3)

  const made = await api<{ id: string }>('POST', `/v1/webhooks?account_id=${account}`, {
    name: 'CRM',
    url: 'https://crm.example.com/in',
    triggers: ['call_answered_by_agent'],
  })
  await api('POST', `/v1/webhooks/${made.body.id}/pause`)
  // Of three shards this call is in the second (`shardOfCall`).
  const event = {
    account_id: account,
    trigger: 'call_answered_by_agent',
    call_type: 'inbound',
    variables: {},
  }
  expect((await api('POST', '/v1/events', { ...event, call_id: 'call-0' })).status).toBe(202)
  await page.getByRole('link', { name: 'Shards' }).click()
  await page.getByText('spread over 3 shards').waitFor()
  const rows = page.getByRole('table', { name: 'Shards' }).getByRole('row')
  const texts = (await rows.allInnerTexts()).slice(1)
  expect(texts).toEqual([
    expect.stringMatching(/^0\s+\d+ KB of 10 GB, 0 %\s+No event yet\s+Nothing$/),
    expect.stringMatching(/^1\s+\d+ KB of 10 GB, 0 %\s+\d.* 2026.*\s+1 held\s+since \d.*$/),
    expect.stringMatching(/^2\s+\d+ KB of 10 GB, 0 %\s+No event yet\s+Nothing$/),
  ])
  expect(await page.getByText('full').count()).toBe(0)
  expect(complaints).toEqual([])
  await page.context().close()
})

test('from 70 % on there is a warning that says what to do, in words; who cannot be asked is not reached', async () => {
  const ready = async (page: Page): Promise<void> => {
    await showLarge(page)
    await page.getByText('Shard 3 is 93 % full, and 2 others have reached 70 %').waitFor()
    await page.getByText('its log may go back less far than RETENTION_DAYS says').waitFor()
    const badges = async (text: string) => page.getByRole('table').getByText(text).count()
    expect([await badges('Filling up'), await badges('Nearly full')]).toEqual([2, 1])
    await page.getByText('10,000 or more held').waitFor()
  }
  await dashboard.tour([[part(dashboard.account), ready]], ADMIN_KEY)
})

test('an account does not see how it is stored', async () => {
  const { page, complaints } = await dashboard.open(part(dashboard.account))
  await dashboard.signIn(page)
  await page.getByText('Only the operator may change these').waitFor()
  expect(await page.getByRole('link', { name: 'Shards' }).count()).toBe(0)
  expect(complaints).toEqual([])
  await page.context().close()
})
