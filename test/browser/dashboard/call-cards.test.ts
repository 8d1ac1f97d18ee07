/** The cards of a call's picture, what is marked with what one points at, and its folds; and a call that no path names. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Page } from 'playwright-core'
import { Dashboard } from './harness.ts'

const PATH = '/calls/1628364922.6274679'

const START_MS = Date.UTC(2026, 6, 11, 15, 44, 45)
const at = (ms: number): string => new Date(START_MS + ms).toISOString()

/** As the API has them: each of one attempt or more. */
function event(position: number, ms: number, deliveries: object[]) {
  return {
    id: `evt_${position}`,
    trigger: 'call_received_on_server',
    position,
    sequence: null,
    late: false,
    occurred_at: null,
    received_at: at(ms),
    released_at: at(ms),
    call_type: 'inbound',
    outbound_type: null,
    number: null,
    sequence_reused: false,
    variables: {},
    skipped: [],
    deliveries,
  }
}
function delivery(
  webhook: string,
  position: number,
  attempts: { startMs: number; endMs: number; code: number }[],
  waits: object[] = [],
) {
  const last = attempts.at(-1)
  const id = `dlv_${webhook}_${position}`
  return {
    id,
    webhook_id: `wh_${webhook}`,
    webhook_name: webhook,
    event_id: `evt_${position}`,
    call_id: 'x',
    trigger: 'call_received_on_server',
    position,
    late: false,
    status: last?.code === 200 ? 'succeeded' : 'failed',
    attempt_count: attempts.length,
    next_attempt_at: null,
    last_status_code: last?.code,
    last_error: null,
    created_at: at(0),
    completed_at: at((last?.endMs ?? 0) + 5),
    test: false,
    due_at: at(0),
    waits,
    attempts: attempts.map(({ startMs, endMs, code }, index) => ({
      id: `${id}_${index + 1}`,
      number: index + 1,
      started_at: at(startMs),
      duration_ms: endMs - startMs,
      via: 'inline',
      status_code: code,
      error: code === 200 ? null : 'status',
      cleaned_headers: [],
    })),
  }
}

/** A lane of two tracks, and one that waited long for a retry; all has ended, so that the time of day is no part of it. */
const EVENTS = [
  event(1, 0, [
    delivery('analytics', 1, [{ startMs: 10, endMs: 910, code: 200 }]),
    delivery(
      'helpdesk',
      1,
      [
        { startMs: 20, endMs: 320, code: 502 },
        { startMs: 298_320, endMs: 298_520, code: 200 },
      ],
      [{ why: 'backoff', from: at(320), until: at(298_320) }],
    ),
  ]),
  event(2, 200, [delivery('analytics', 2, [{ startMs: 215, endMs: 715, code: 500 }])]),
]
/** Where keys lead from the first event. */
const EVENT: string[] = []
const TOP = ['ArrowDown']
const SECOND = ['ArrowDown', 'ArrowRight']
const FIRST_TRY = ['ArrowDown', 'ArrowDown']
const WAIT = [...FIRST_TRY, 'ArrowRight']
const FOLD = ['ArrowUp']

/** How high the axis is (px). */
const AXIS_PX = 24

let dashboard: Dashboard
beforeAll(async () => {
  dashboard = await Dashboard.start()
})
afterAll(async () => dashboard[Symbol.asyncDispose]())

/** The page of the call above. */
async function opened() {
  const open = await dashboard.openAs('/health')
  await open.page.route('**/v1/call?**', async (route) =>
    route.fulfill({ json: { call_id: 'x', events: EVENTS, next_cursor: null } }),
  )
  await open.page.goto(dashboard.url + PATH)
  await picture(open.page).waitFor()
  return open
}

const picture = (page: Page) => page.getByRole('application')
const card = (page: Page) => page.getByRole('tooltip')
const related = async (page: Page): Promise<(string | null)[]> =>
  Promise.all(
    (await page.locator('[data-related]').all()).map(async (mark) => mark.getAttribute('data-related')),
  )

/** The folds are in the axis, at the picture's top. */
async function isOnFold(page: Page): Promise<boolean> {
  const [mark, whole] = [await page.locator('[data-mark]').boundingBox(), await picture(page).boundingBox()]
  return mark !== null && whole !== null && mark.y - whole.y < AXIS_PX
}

/** Goes somewhere by keys, and then points at the middle of what is there. */
async function point(page: Page, keys: readonly string[], scrolledPx = 0): Promise<void> {
  await page.mouse.move(0, 0)
  await picture(page).focus()
  // To the fold above the events, no further, which would scroll the page, and from there to the first of them.
  await page.keyboard.press('ArrowUp')
  while (!(await isOnFold(page))) await page.keyboard.press('ArrowUp')
  for (const key of ['ArrowDown', 'Home', ...keys]) await page.keyboard.press(key)
  const [mark, before] = [await page.locator('[data-mark]').boundingBox(), await picture(page).boundingBox()]
  await picture(page).blur()
  await card(page).waitFor({ state: 'detached' })
  await page.evaluate(`window.scrollTo(0, ${scrolledPx})`)
  const after = await picture(page).boundingBox()
  if (mark === null || before === null || after === null) throw new Error('nothing is stood on')
  await page.mouse.move(mark.x + mark.width / 2, mark.y - before.y + after.y + mark.height / 2)
  await card(page).waitFor()
}

test('pointing tells the tracks of a lane apart', async () => {
  const { page, complaints } = await opened()
  await point(page, TOP)
  expect(await card(page).textContent()).toContain('#1 to analytics: Succeeded')
  await point(page, SECOND)
  expect(await card(page).textContent()).toContain('#2 to analytics: Failed')
  expect(await card(page).textContent()).toContain('attempt 1: 500 in 500 ms')
  expect(complaints).toEqual([])
  await page.context().close()
})

test('an event marks its bars in all lanes, and a bar its event', async () => {
  const { page } = await opened()
  await point(page, EVENT)
  expect(await related(page)).toEqual(['dlv_analytics_1_1', 'dlv_helpdesk_1_1', 'dlv_helpdesk_1_2'])
  // By an outline, and not by colour alone.
  const outline = await page
    .locator('[data-related]')
    .first()
    .evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).borderTopStyle)
  expect(outline).toBe('solid')
  await point(page, SECOND)
  expect(await related(page)).toEqual(['evt_2'])
  await page.context().close()
})

test('a wait says for what, from when to when and how long, by pointer and by keys', async () => {
  const { page } = await opened()
  const told = /#1 to helpdesk waited 4 m 58 s for its next attempt.*45\.320 \S+ – .*43\.320 \S+after attempt/
  await point(page, WAIT)
  expect(await card(page).textContent()).toMatch(told)
  await page.mouse.move(0, 0)
  await card(page).waitFor({ state: 'detached' })
  // Where keys had been before.
  await picture(page).focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowRight')
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
    for (const keys of [EVENT, TOP, FIRST_TRY]) {
      await point(page, keys, scrolled)
      const [box, header] = [await card(page).boundingBox(), await page.getByRole('banner').boundingBox()]
      if (box === null || header === null) throw new Error('there is no card')
      const isSeen = box.y >= header.y + header.height && box.y + box.height <= 420
      expect([scrolled, keys, isSeen]).toEqual([scrolled, keys, true])
    }
  }
  await page.context().close()
})

test('a fold opens by a click and is folded again by Enter; 0 folds all', async () => {
  const { page, complaints } = await opened()
  const pill = (text: string) => picture(page).locator('text', { hasText: text })
  await point(page, FOLD)
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
