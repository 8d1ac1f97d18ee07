/** The audit log, and what the operator does: accounts, keys, My Numbers, portal links and sessions. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { ADMIN_KEY } from '../../e2e/relay-process.ts'
import { Dashboard } from './harness.ts'

const PANEL = 'http://localhost:3000'
let dashboard: Dashboard

beforeAll(async () => {
  dashboard = await Dashboard.start({ PORTAL_ORIGINS: PANEL })
  await dashboard.seed()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

const ofAccount = (tab: string, account = dashboard.account) =>
  `/operator/account?tab=${tab}&account=${account}`

describe('every page and part of it', () => {
  test('of the operator', async () => {
    await dashboard.api()('PUT', `/v1/accounts/${dashboard.account}/numbers`, {
      numbers: [
        { number: '+918069010148', label: 'Main line' },
        { number: '+918069010149', label: 'Sales' },
      ],
    })
    const shows = (text: string) => async (page: Page) => page.getByText(text).first().waitFor()
    await dashboard.tour(
      [
        ['/operator', async (page) => page.getByRole('link', { name: 'Asha Telecom' }).waitFor()],
        ['/operator?tab=keys', shows('No key for every account yet')],
        ['/operator?tab=encryption', shows('Seal with the current key')],
        [ofAccount('settings'), shows('Delete the account')],
        [ofAccount('keys'), shows('Ends with')],
        [ofAccount('numbers'), shows('Main line')],
        [ofAccount('sessions'), shows('End all')],
        [
          '/audit?everywhere=yes',
          async (page) => page.getByRole('cell', { name: /My Numbers changed/ }).waitFor(),
        ],
      ],
      ADMIN_KEY,
    )
  })

  test('of who manages an account', async () => {
    await dashboard.tour([
      [
        '/audit',
        async (page) =>
          page
            .getByRole('cell', { name: /Webhook made/ })
            .first()
            .waitFor(),
      ],
      ['/operator/account?tab=sessions', async (page) => page.getByText('This session').waitFor()],
      ['/operator', async (page) => page.getByText('Only the operator may change these').waitFor()],
    ])
  })
})
