/** The page of one webhook: what it shows, and each thing that can be done there. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Receiver } from '../../e2e/receiver.ts'
import { ADMIN_KEY, until } from '../../e2e/relay-process.ts'
import { Dashboard, sweepTest } from './harness.ts'

const TRIGGERS = ['call_received_on_server', 'call_answered_by_agent']
let dashboard: Dashboard
let receiver: Receiver
/** Paths whose requests fail. */
const down = new Set<string>()
let calls = 0

beforeAll(async () => {
  receiver = await Receiver.start(({ path }, response) => {
    const isDown = down.has(path)
    response.writeHead(isDown ? 500 : 200).end(isDown ? 'database is away' : '{"ticket":7}')
  })
  dashboard = await Dashboard.start({ RETRY_SCHEDULE: '0.1' })
})
afterAll(async () => {
  await dashboard[Symbol.asyncDispose]()
  await receiver.stop()
})

async function webhook(name: string, more: object = {}): Promise<string> {
  const { body } = await dashboard.api(dashboard.keys.manage)<{ id: string }>('POST', '/v1/webhooks', {
    name,
    url: `${receiver.url}/${name}`,
    triggers: TRIGGERS,
    ...more,
  })
  return body.id
}

/** So many calls of two events each, to every webhook that is active or paused. */
async function play(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => `1628364922.${1000 + calls++}`).flatMap((call_id) =>
    TRIGGERS.map((trigger) => ({
      account_id: dashboard.account,
      trigger,
      call_id,
      call_type: 'inbound',
      variables: { caller_id_number: '918069010148' },
    })),
  )
  const { status } = await dashboard.api()('POST', '/v1/events/batch', { events })
  expect(status).toBe(202)
}

interface Listed {
  data: { status: string; test: boolean; attempt_count: number }[]
}

/** Waits until the webhook has so many deliveries of a status. */
async function deliveries(id: string, status: string, count: number): Promise<void> {
  const api = dashboard.api(dashboard.keys.manage)
  await until(`${count} deliveries of ${id} are ${status}`, async () => {
    const { body } = await api<Listed>('GET', `/v1/webhooks/${id}/deliveries?status=${status}&limit=250`)
    return body.data.length === count
  })
}

async function alone(name: string, more: object = {}): Promise<string> {
  const api = dashboard.api(dashboard.keys.manage)
  const { body } = await api<{ data: { id: string }[] }>('GET', '/v1/webhooks')
  for (const { id } of body.data) await api('DELETE', `/v1/webhooks/${id}`)
  return webhook(name, more)
}

async function open(path: string, key = dashboard.keys.manage) {
  const opened = await dashboard.openAs(path, key)
  return opened
}

const list = (page: Page) => page.getByRole('region', { name: 'Deliveries', exact: true })
/** Its status and health, at the top. */
const standing = (page: Page) => page.getByRole('group', { name: 'How it stands' })
const rows = (page: Page) => list(page).locator('tbody tr')

describe('what it shows', () => {
  sweepTest('a webhook that fails is told of in full, in light and dark, on a desk and a phone', async () => {
    down.add('/broken')
    const id = await alone('broken', {
      description: 'Opens a ticket for every call that nobody took.',
      headers: [{ key: 'x-tenant', value: 'asha' }],
      parameters: [{ key: 'caller', value: '$caller_id_number' }],
      rate_limit: 20,
    })
    await play(4)
    await deliveries(id, 'failed', 8)
    await dashboard.sweep(`/webhooks/${id}?window=1h`, async (page) => {
      await rows(page).getByText('Failed').first().waitFor()
      await page.getByText('Its last attempts have failed').waitFor()
      await page.getByText('Last answer: 500.').waitFor()
      await page.getByText('x-tenant').waitFor()
      await page.locator('.u-over').nth(2).waitFor()
      await page.getByRole('region', { name: 'Over time' }).getByText('16, of which 8 retries').waitFor()
    })
    down.clear()
  })

  test('the charts follow the cursor and the theme, and a table has their figures', async () => {
    const id = await alone('charted')
    await play(3)
    await deliveries(id, 'succeeded', 6)
    const { page, complaints } = await open(`/webhooks/${id}?window=1h`)
    const figures = page.getByRole('region', { name: 'Over time' })
    await figures.getByText('100 %').first().waitFor()
    const drawn = async () => page.evaluate('document.querySelector("canvas").toDataURL()')
    const light = await drawn()
    const { x, y, width } = (await page.locator('.u-over').first().boundingBox()) ?? { x: 0, y: 0, width: 0 }
    await page.mouse.move(x + width * 0.25, y + 20)
    // All three of them, at the same minute.
    await until('each chart says which minute it is', async () => {
      const captions = await page.locator('figcaption').allInnerTexts()
      return captions.every((each) => /\d\d:\d\d.\d\d:\d\d/.test(each))
    })
    expect(await page.locator('figure').first().innerText()).toMatch(/Succeeded\s0/)
    await page.mouse.move(0, 0)
    await page.emulateMedia({ colorScheme: 'dark' })
    await until('the chart is drawn for dark', async () => (await drawn()) !== light, 5_000)
    await page.getByText('The figures as a table').click()
    const first = figures.locator('tbody tr').first()
    expect(await first.locator('td').first().innerText()).toMatch(/^[1-6]$/)
    expect(await dashboard.faults(page)).toEqual([])
    await page.getByText('7 days').click()
    await page.waitForURL(/window=7d/)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('who may only read sees no button, no secret and no header value', async () => {
    const id = await alone('readable', { headers: [{ key: 'x-tenant', value: 'asha' }] })
    await play(1)
    await deliveries(id, 'succeeded', 2)
    const { page, complaints } = await open(`/webhooks/${id}`, dashboard.keys.read)
    await rows(page).first().waitFor()
    const main = page.getByRole('main')
    expect(await main.getByRole('button', { name: /Pause|More actions|Retry|Reveal|Send/ }).count()).toBe(0)
    expect(await main.getByText('asha').count()).toBe(0)
    expect(await dashboard.faults(page)).toEqual([])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('one without deliveries says so; one that there is not, too', async () => {
    const id = await alone('quiet')
    const { page } = await open(`/webhooks/${id}`)
    await page.getByText('No delivery yet').waitFor()
    await page.getByText('Nothing was delivered in the last 24 hours.').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await page.goto(`${dashboard.url}/webhooks/wh_01M8GGXFX4H90XSBHVVGWDMZCT`)
    await page.getByRole('heading', { name: 'There is no such webhook', level: 1 }).waitFor()
    await page.context().close()
  })

  test('an admin sees it of the chosen account, and of no other', async () => {
    const id = await alone('chosen')
    const { body } = await dashboard.api()<{ id: string }>('POST', '/v1/accounts', { name: 'Other' })
    const { page } = await open(`/webhooks/${id}?account=${dashboard.account}`, ADMIN_KEY)
    await page.getByText('No delivery yet').waitFor()
    await page.goto(`${dashboard.url}/webhooks/${id}?account=${body.id}`)
    await page.getByRole('heading', { name: 'There is no such webhook', level: 1 }).waitFor()
    await page.context().close()
  })
})

describe('its status', () => {
  test('what waits is told, and told again before it is delivered, discarded or deleted', async () => {
    const id = await alone('waiting')
    const { page, complaints } = await open(`/webhooks/${id}`)
    const dialog = page.getByRole('dialog')
    const more = async (action: string) => {
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: action }).click()
    }
    await page.getByRole('button', { name: 'Pause' }).click()
    await standing(page).getByText('Paused').waitFor()
    await play(1)
    await deliveries(id, 'held', 2)
    await page.reload()
    await page.getByText('2 deliveries are held.').waitFor()
    await page.getByText('The oldest has waited for').waitFor()

    await page.getByRole('button', { name: 'Enable' }).click()
    await dialog.getByText('2 deliveries are held.').waitFor()
    expect(receiver.at('/waiting')).toHaveLength(0)
    await dialog.getByRole('button', { name: 'Enable and deliver' }).click()
    await standing(page).getByText('Active').waitFor()
    await deliveries(id, 'succeeded', 2)

    await page.getByRole('button', { name: 'Pause' }).click()
    await standing(page).getByText('Paused').waitFor()
    await play(1)
    await deliveries(id, 'held', 2)
    await more('Disable')
    await dialog.getByText('2 deliveries are held.').waitFor()
    await dialog.getByText('All of it is discarded').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Disable' }).click()
    await standing(page).getByText('Disabled').waitFor()
    await deliveries(id, 'discarded', 2)

    await more('Delete')
    await dialog.getByText('Nothing waits right now.').waitFor()
    await dialog.getByText('Cancel').click()
    await dialog.waitFor({ state: 'detached' })
    const opener = page.locator(':focus')
    await until('the focus is back', async () => (await opener.getAttribute('aria-label')) === 'More actions')
    await more('Delete')
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL(`${dashboard.url}/webhooks`)
    expect(complaints).toEqual([])
    const { status } = await dashboard.api(dashboard.keys.manage)('GET', `/v1/webhooks/${id}`)
    expect(status).toBe(404)
    await page.context().close()
  })

  test('one that somebody has changed meanwhile is not deleted', async () => {
    const id = await alone('changed')
    const { page } = await open(`/webhooks/${id}`)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await dashboard.api(dashboard.keys.manage)('PATCH', `/v1/webhooks/${id}`, { description: 'Needed!' })
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByText('Needed!').waitFor()
    await page.context().close()
  })
})

describe('its secret', () => {
  test('is read by a click alone, hidden after a minute, and rotated with a grace', async () => {
    const id = await alone('secret')
    const { page, complaints } = await dashboard.openAs('/health')
    await page.clock.install()
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().includes('/secret')) asked.push(request.method())
    })
    await page.goto(`${dashboard.url}/webhooks/${id}`)
    const panel = page.getByRole('region', { name: 'Signing secret' })
    await panel.getByRole('img', { name: 'Hidden' }).waitFor()
    expect(asked).toEqual([])
    await panel.getByRole('button', { name: 'Reveal' }).click()
    const api = dashboard.api(dashboard.keys.manage)
    const { body } = await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`)
    await panel.getByText(body.secret).waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await page.clock.fastForward(61_000)
    await panel.getByRole('img', { name: 'Hidden' }).waitFor()
    expect(await page.content()).not.toContain(body.secret)

    await panel.getByRole('button', { name: 'Rotate…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('The old secret signs for').selectOption({ label: 'One more hour' })
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click()
    await panel.getByText('Also signs, until').waitFor()
    await panel.getByText(body.secret).waitFor()
    const rotated = await api<{ secret: string }>('GET', `/v1/webhooks/${id}/secret`)
    await panel.getByText(rotated.body.secret).waitFor()
    expect(rotated.body.secret).not.toBe(body.secret)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

test('a test shows what the receiver answered, and is in the log', async () => {
  const id = await alone('tested')
  const { page } = await open(`/webhooks/${id}`)
  const panel = page.getByRole('region', { name: 'Send a test' })
  await panel.getByLabel('Trigger').selectOption('call_answered_by_agent')
  await panel.getByRole('button', { name: 'Send' }).click()
  await panel.getByText(/Answered 200 after/).waitFor()
  await panel.getByText('{"ticket":7}').waitFor()
  expect(
    receiver.at('/tested').map(({ headers }) => [headers['webhook-test'], headers['webhook-trigger']]),
  ).toEqual([['true', 'call_answered_by_agent']])
  await rows(page).getByText('test', { exact: true }).waitFor()
  down.add('/tested')
  await panel.getByRole('button', { name: 'Send' }).click()
  await panel.getByText(/Answered 500 after/).waitFor()
  await panel.getByText('database is away').waitFor()
  down.clear()
  await page.context().close()
})

describe('its deliveries', () => {
  test('come in when they are asked for, and move nothing until then', async () => {
    const id = await alone('followed')
    await play(1)
    await deliveries(id, 'succeeded', 2)
    const { page, complaints } = await open(`/webhooks/${id}`)
    const first = rows(page).first()
    await first.waitFor()
    await page.getByRole('region', { name: 'Over time' }).getByText('The figures as a table').waitFor()
    await page.locator('canvas').nth(2).waitFor()
    const before = [await first.innerText(), (await first.boundingBox())?.y]
    await play(1)
    const fresh = page.getByRole('button', { name: '2 new' })
    await fresh.waitFor()
    expect([await first.innerText(), (await first.boundingBox())?.y]).toEqual(before)
    expect(await dashboard.faults(page)).toEqual([])
    await fresh.click()
    expect(await rows(page).count()).toBe(4)
    expect(await first.innerText()).not.toBe(before[0])
    await fresh.waitFor({ state: 'detached' })
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('are filtered by the URL, and leafed through', async () => {
    const id = await alone('many')
    await play(30)
    await deliveries(id, 'succeeded', 60)
    const { page, complaints } = await open(`/webhooks/${id}`)
    await rows(page).first().waitFor()
    expect(await rows(page).count()).toBe(50)
    await page.getByRole('button', { name: 'Older' }).click()
    await page.waitForURL(/cursor=/)
    await until('the last ten are shown', async () => (await rows(page).count()) === 10)
    await page.getByRole('button', { name: 'Newest' }).click()
    await until('the first page is shown', async () => (await rows(page).count()) === 50)

    await list(page).getByLabel('Trigger').selectOption('call_answered_by_agent')
    await page.waitForURL(/trigger=call_answered_by_agent/)
    await until('only that trigger is shown', async () => (await rows(page).count()) === 30)
    const call = `1628364922.${1000 + calls - 1}`
    await list(page).getByLabel('Call id').fill(call)
    await page.waitForURL(new RegExp(`call_id=${call}`))
    await until('only that call is shown', async () => (await rows(page).count()) === 1)
    await list(page).getByLabel('Status').selectOption('failed')
    await page.getByText('No delivery matches').waitFor()
    await page.reload()
    await page.getByText('No delivery matches').waitFor()
    expect(await list(page).getByLabel('Call id').inputValue()).toBe(call)
    await page.getByRole('button', { name: 'Clear the filters' }).first().click()
    await until('all are shown', async () => (await rows(page).count()) === 50)
    await list(page)
      .getByLabel(/^Since/)
      .fill('2099-01-01T00:00')
    await page.getByText('No delivery matches').waitFor()
    expect(new URL(page.url()).searchParams.get('since')).toMatch(/^(2099-01-01|2098-12-31)T/)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('that failed are made again: one of them, then all, with their count before', async () => {
    down.add('/again')
    const id = await alone('again')
    await play(3)
    await deliveries(id, 'failed', 6)
    down.clear()
    const { page, complaints } = await open(`/webhooks/${id}`)
    await list(page).getByLabel('Status').selectOption('failed')
    await page.waitForURL(/status=failed/)
    await rows(page)
      .first()
      .getByRole('button', { name: /^Retry/ })
      .click()
    // It is no longer among those that failed, and stays where it is.
    await rows(page).first().getByText('No longer so').waitFor()
    expect(await rows(page).count()).toBe(6)
    await list(page).getByLabel('Status').selectOption('')
    await rows(page).first().getByText('Succeeded').waitFor()
    await page.getByRole('button', { name: 'Retry failed…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('5 deliveries will be made again.').waitFor()
    expect(await dashboard.faults(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Retry 5' }).click()
    await page.getByText('What failed was made again').waitFor()
    await page.getByText('5 of 5 handed over').waitFor()
    await deliveries(id, 'succeeded', 6)
    await until('the list says so', async () => (await rows(page).getByText('Succeeded').count()) === 6)
    await page.getByRole('button', { name: 'Retry failed…' }).click()
    await dialog.getByText('Nothing to retry in this time.').waitFor()
    expect(await dialog.getByRole('button', { name: 'Retry' }).isDisabled()).toBe(true)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('stay where they are while the relay is away, and are followed again once it is back', async () => {
    const id = await alone('away')
    await play(1)
    await deliveries(id, 'succeeded', 2)
    const { page } = await open(`/webhooks/${id}`)
    await rows(page).first().waitFor()
    await page.route('**/v1/**', async (route) => route.abort())
    await page.getByText('Not live: the relay does not answer').waitFor()
    expect(await rows(page).count()).toBe(2)
    await page.unroute('**/v1/**')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.context().close()
  })
})
