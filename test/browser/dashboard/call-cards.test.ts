/** The cards of a call's picture, what is marked with what one points at, and its folds; and a call that no path names. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Page } from 'playwright-core'
import { boxesOf, frameOf } from '../../../dashboard/src/timeline/geometry.ts'
import { layout, subjectOf } from '../../../dashboard/src/timeline/layout.ts'
import { WHOLE } from '../../../dashboard/src/timeline/scale.ts'
import { allStops, stopsOf } from '../../../dashboard/src/timeline/stops.ts'
import { timedEvent, type ToldEvent } from '../../../dashboard/src/timeline/call.ts'
import { at, attempt, delivery, event, START_MS } from '../../unit/dashboard/sample-call.ts'
import { Dashboard } from './harness.ts'

const PATH = '/calls/1628364922.6274679'

/** A lane of two tracks, and one that waited long for a retry; all of it has ended, so that the time of day is no part of it. */
const EVENTS: ToldEvent[] = [
  event(1, 0, {
    deliveries: [
      delivery('analytics', { id: 'dlv_a1', attempts: [attempt(1, 10, 900)], completed_at: at(910) }),
      delivery('helpdesk', {
        id: 'dlv_h1',
        attempts: [attempt(1, 20, 300, 502), attempt(2, 298_320, 200)],
        waits: [{ why: 'backoff', from: at(320), until: at(298_320) }],
        completed_at: at(298_520),
      }),
    ],
  }),
  event(2, 200, {
    deliveries: [
      delivery('analytics', {
        id: 'dlv_a2',
        event_id: 'evt_2',
        position: 2,
        status: 'failed',
        attempts: [attempt(1, 215, 500, 500)],
        completed_at: at(715),
      }),
    ],
  }),
]
const [TOP, SECOND, RETRY] = ['atm_1_10', 'atm_1_215', 'atm_2_298320']

let dashboard: Dashboard
beforeAll(async () => {
  dashboard = await Dashboard.start()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

/** The page of the call above. */
async function opened() {
  const open = await dashboard.open(PATH)
  await open.page.route('**/v1/call?**', async (route) =>
    route.fulfill({ json: { call_id: 'x', events: EVENTS, next_cursor: null } }),
  )
  await dashboard.signIn(open.page)
  await picture(open.page).waitFor()
  return open
}

const picture = (page: Page) => page.getByRole('application')
const card = (page: Page) => page.getByRole('tooltip')
const related = async (page: Page): Promise<(string | null)[]> =>
  Promise.all(
    (await page.locator('[data-related]').all()).map(async (mark) => mark.getAttribute('data-related')),
  )

/** Moves the pointer to where something is drawn. */
async function point(page: Page, isMeant: (id: string) => boolean): Promise<void> {
  const box = await picture(page).boundingBox()
  if (box === null) throw new Error('there is no picture')
  const drawn = layout(subjectOf({ events: EVENTS.map(timedEvent) }, START_MS), WHOLE, Math.floor(box.width))
  const stop = allStops(stopsOf(drawn)).find(({ id }) => isMeant(id))
  if (stop === undefined) throw new Error('it is not in the picture')
  const { x, px, top, height } = frameOf(stop, boxesOf(drawn.lanes))
  await page.mouse.move(box.x + x + px / 2, box.y + top + height / 2)
}

test('pointing tells the tracks of a lane apart', async () => {
  const { page, complaints } = await opened()
  await point(page, (id) => id === TOP)
  expect(await card(page).textContent()).toContain('#1 to analytics: Succeeded')
  await point(page, (id) => id === SECOND)
  expect(await card(page).textContent()).toContain('#2 to analytics: Failed')
  expect(await card(page).textContent()).toContain('attempt 1: 500 in 500 ms')
  expect(complaints).toEqual([])
  await page.context().close()
})

test('an event marks its bars in all lanes, and a bar its event', async () => {
  const { page } = await opened()
  await point(page, (id) => id === 'evt_1')
  expect(await related(page)).toEqual([TOP, 'atm_1_20', RETRY])
  // By an outline, and not by colour alone.
  const outline = await page
    .locator('[data-related]')
    .first()
    .evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).borderTopStyle)
  expect(outline).toBe('solid')
  await point(page, (id) => id === SECOND)
  expect(await related(page)).toEqual(['evt_2'])
  await page.context().close()
})

test('a wait says for what, from when to when and how long, by pointer and by keys', async () => {
  const { page } = await opened()
  const told = /#1 to helpdesk waited 4 m 58 s for its next attempt.*45\.320 \S+ – .*43\.320 \S+after attempt/
  await point(page, (id) => id.startsWith('dlv_h1 '))
  expect(await card(page).textContent()).toMatch(told)
  await page.mouse.move(0, 0)
  await card(page).waitFor({ state: 'detached' })
  await picture(page).focus()
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
  await page
    .getByRole('status')
    .filter({ hasText: 'waited 4 m 58 s for its next attempt' })
    .waitFor({ state: 'attached' })
  expect(await card(page).textContent()).toMatch(told)
  expect(await dashboard.faults(page)).toEqual([])
  await page.context().close()
})

test('a card is seen as a whole, wherever the page is scrolled to', async () => {
  const { page } = await opened()
  await page.setViewportSize({ width: 1280, height: 420 })
  for (const scrolled of [100, 180, 230]) {
    await page.evaluate(`window.scrollTo(0, ${scrolled})`)
    for (const id of ['evt_1', TOP, 'atm_1_20']) {
      await point(page, (each) => each === id)
      const [box, header] = [await card(page).boundingBox(), await page.getByRole('banner').boundingBox()]
      if (box === null || header === null) throw new Error('there is no card')
      const isSeen = box.y >= header.y + header.height && box.y + box.height <= 420
      expect([scrolled, id, isSeen]).toEqual([scrolled, id, true])
    }
  }
  await page.context().close()
})

test('a fold opens by a click and is folded again by Enter; 0 folds all', async () => {
  const { page, complaints } = await opened()
  const pill = (text: string) => picture(page).locator('text', { hasText: text })
  await point(page, (id) => id.startsWith('fold '))
  expect(await card(page).textContent()).toMatch(/^4 m 57 s, folded.*1 delivery waits for its next attempt/)
  await page.mouse.down()
  await page.mouse.up()
  await pill('→ 4 m 57 s ←').waitFor()
  expect(await pill('⋯').count()).toBe(0)

  // By keys from the events up.
  await page.mouse.move(0, 0)
  for (const key of ['Home', 'ArrowUp', 'ArrowDown', 'ArrowUp', 'Enter']) await page.keyboard.press(key)
  await pill('⋯ 4 m 57 s').waitFor()
  await page.keyboard.press('Enter')
  await pill('→ 4 m 57 s ←').waitFor()
  expect(await card(page).textContent()).toMatch(/^4 m 57 s, opened/)
  await page.keyboard.press('0')
  await pill('⋯ 4 m 57 s').waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})

test.each(['.', '..'])('a call whose id is %s is reached from the list, and by its own URL', async (id) => {
  const { body } = await dashboard.api()<{ id: string }>('POST', '/v1/events', {
    account_id: dashboard.account,
    trigger: 'call_received_on_server',
    call_id: id,
    call_type: 'inbound',
    number: '+918069010148',
    sequence: 1,
    variables: {},
  })
  expect(body.id).toMatch(/^evt_/)
  const { page, complaints } = await dashboard.open('/calls')
  await dashboard.signIn(page)
  await vi.waitFor(
    async () => {
      await page.reload()
      await page.getByRole('link', { name: id, exact: true }).click({ timeout: 1000 })
    },
    { timeout: 10_000 },
  )
  await page.getByRole('heading', { name: `Call ${id}` }).waitFor()
  await picture(page).waitFor()
  await page.getByRole('switch', { name: 'Only what did not go well' }).click()
  await page.waitForURL((url) => url.searchParams.get('only') === 'failures')
  await page.reload()
  await page.getByRole('heading', { name: `Call ${id}` }).waitFor()
  expect(await page.getByRole('switch', { name: 'Only what did not go well' }).isChecked()).toBe(true)
  expect(complaints).toEqual([])
  await page.context().close()
})
