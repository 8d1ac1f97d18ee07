/** A call of very many deliveries: its page is loaded, scrolled, looked at nearer, and gone through by keys. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as passMs } from 'node:timers/promises'
import * as z from 'zod'
import { Api } from '../../scripts/demo/api.ts'
import { BenchRelay, newWebhook, TRIGGERS } from '../bench-relay.ts'
import { event } from '../flood-process.ts'
import { kept } from '../kept.ts'
import type { Figure } from './figure.ts'
import { Viewer, type BenchBrowser } from './viewer.ts'

/** All of it is delivered; of the other one webhook never answers, so that it is followed live. */
const CALLS = { ended: '1628364922.6274679', open: '1628364999.6274680' }
/** One delivery in so many is not taken at first. */
const FAILED_EACH = 12
const batch = z.object({ data: z.array(z.object({ status: z.literal(202) })) })

interface Size {
  events: number
  webhooks: number
}

/** Makes both calls, once for a folder, and measures the page of one, so often. */
export async function measureCall(
  browser: BenchBrowser,
  folder: string,
  which: keyof typeof CALLS,
  runs: number,
  size: Size,
): Promise<Figure[]> {
  const { manageKey } = await kept(folder, async () => made(folder, size))
  await using cleanup = new AsyncDisposableStack()
  const relay = await BenchRelay.start({}, folder)
  cleanup.defer(() => relay.stop())
  const viewer = await Viewer.signedIn(browser, relay.url, manageKey)
  for (let run = 1; run <= runs; run++) await look(viewer, CALLS[which], size)
  await viewer.page.context().close()
  return viewer.figures
}

async function look(viewer: Viewer, callId: string, { events, webhooks }: Size): Promise<void> {
  await viewer.load(`/calls/${callId}`, {
    'the sentence': `document.querySelector('main p[role=status]')?.textContent.includes('${events} events')`,
    'the picture': `document.querySelectorAll('[role=application] svg > g').length > ${webhooks}`,
    'the whole table': `document.getElementsByTagName('tr').length > ${events * (webhooks + 1)}`,
  })
  // One that is open is read anew twice.
  await viewer.step('left alone for 5 s', async () => passMs(5000))
  await viewer.scroll('scrolling the page', 40)
  await viewer.step('scrolling to its end and back', async (page) => {
    await page.keyboard.press('End')
    await passMs(500)
    await page.keyboard.press('Home')
    await passMs(500)
  })
  await viewer.page.getByRole('application').focus()
  const keys = async (key: string, times: number): Promise<void> => {
    for (let n = 0; n < times; n++) await viewer.page.keyboard.press(key)
  }
  for (const [what, key, times] of [
    ['the first event', 'ArrowRight', 1],
    ['along the events, 20 times', 'ArrowRight', 20],
    ['down the lanes, 10 times', 'ArrowDown', 10],
    ['along a lane, 40 times', 'ArrowRight', 40],
    ['the next failure, 10 times', '.', 10],
    ['nearer, 8 times', '+', 8],
    ['along a lane near by, 40 times', 'ArrowRight', 40],
    ['further, 4 times', '-', 4],
    ['the whole', '0', 1],
  ] as const)
    await viewer.step(what, async () => keys(key, times))
  await viewer.step('the pointer over the lanes, 40 times', async (page) => {
    for (let n = 0; n < 40; n++) await page.mouse.move(500 + 10 * n, 400 + 8 * n)
  })
}

async function made(folder: string, { events, webhooks }: Size): Promise<{ manageKey: string }> {
  await using cleanup = new AsyncDisposableStack()
  const receiver = await startReceiver(webhooks)
  cleanup.defer(() => receiver.stop())
  const relay = await BenchRelay.start({ RETRY_SCHEDULE: '0,0.2' }, folder)
  cleanup.defer(() => relay.stop())
  const account = await relay.account('One call')
  for (let n = 1; n <= webhooks; n++) await newWebhook(account, `${receiver.url}/${n}`, TRIGGERS[0])
  const ingest = new Api(relay.url, account.ingestKey)
  for (const callId of Object.values(CALLS)) {
    for (let n = 0; n < events; n += 50) {
      const posted = Array.from({ length: Math.min(50, events - n) }, (_, index) =>
        event(TRIGGERS[0], callId, n + index + 1),
      )
      await ingest.post('/v1/events/batch', { events: posted }, batch)
      await passMs(300)
    }
  }
  while (receiver.taken() < events * (2 * webhooks - 1)) await passMs(500)
  // The outcomes of the last ones are written.
  await passMs(2000)
  return { manageKey: account.manageKey }
}

/** Takes some deliveries at the second attempt only; the last webhook has no answer for the call that stays open. */
async function startReceiver(
  webhooks: number,
): Promise<{ url: string; taken: () => number; stop: () => Promise<void> }> {
  let taken = 0
  const server = createServer(({ url = '', headers }, response) => {
    if (url === `/${webhooks}` && headers['webhook-call-id'] === CALLS.open) return
    const isFirst = headers['webhook-attempt'] === '1'
    const number = Number(headers['webhook-position']) + 5 * Number(url.slice(1))
    const isTaken = !isFirst || number % FAILED_EACH !== 0
    if (isTaken) taken += 1
    response.writeHead(isTaken ? 200 : 502).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo // safe: a server that listens on TCP has an AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    taken: () => taken,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
