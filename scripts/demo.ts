/**
 * `npm run demo`: a relay of its own, sample calls through real webhooks to a receiver on this machine, and a
 * check of all that arrived. Ends with 0 where everything did, in order. `--stay` leaves the relay up.
 */
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passMs } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Api, created, newKey, page, secret, taken, timeline, type Timeline } from './demo/api.ts'
import { CALLS, READ_BACK } from './demo/calls.ts'
import type { DemoCall } from './demo/calls/call.ts'
import { expectedFor, judge, placeOf } from './demo/check.ts'
import { deliveryLine, summary } from './demo/print.ts'
import { Receiver, type Received } from './demo/receiver.ts'
import { demoWebhooks, type DemoWebhook } from './demo/webhooks.ts'
import { startRelay, type Relay } from './relay.ts'
import { columns, paint, part, say } from './terminal.ts'

/** All deliveries have to come within this. */
const PATIENCE_MS = 60_000
/** Short, so that retries are seen. The reorder window is the default of 2 s. */
const RETRY_SCHEDULE = '0.3,0.6,1.2'

/** A webhook of the demo, as the relay has it. */
interface Live {
  id: string
  webhook: DemoWebhook
}

/** The account of the demo, through its own keys. */
interface Account {
  id: string
  manageKey: string
  manage: Api
  ingest: Api
}

async function demo(
  cleanup: AsyncDisposableStack,
): Promise<{ isWell: boolean; relay: Relay; account: Account }> {
  const stateDir = await mkdtemp(join(tmpdir(), 'relay-demo-'))
  // Whichever way the process ends: Miniflare ends it by itself where a signal comes while the relay is starting.
  process.once('exit', () => rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 }))
  let startedMs = performance.now()
  const arrivals = new Map<string, Received[]>()
  const receiver = await Receiver.start((received) => showArrival(received, startedMs, arrivals))
  cleanup.defer(() => receiver.stop())

  say('Building the Worker and starting a relay …')
  const relay = await startRelay({ port: 0, stateDir, settings: { RETRY_SCHEDULE } })
  cleanup.defer(() => relay.stop())
  takeSignals()
  say(`The relay is on ${relay.url}, a receiver on ${receiver.url}.`)

  const account = await openAccount(relay)
  const webhooks = await createWebhooks(account, receiver)
  const onPause = webhooks.filter(({ webhook }) => webhook.isPaused)
  const deadlineMs = Date.now() + PATIENCE_MS

  const count = CALLS.reduce((sum, call) => sum + call.events.length, 0)
  part(
    `${count} events of ${CALLS.length} calls, posted at once; each line is a delivery whose signature holds`,
  )
  startedMs = performance.now()
  const [misplaced] = await Promise.all([
    postCalls(account),
    receiver.until(
      () => webhooks.every((live) => live.webhook.isPaused || hasAll(live, receiver)),
      deadlineMs,
    ),
  ])
  const areHeld = await until(async () => {
    const held = await Promise.all(onPause.map((live) => listed(account, live, 'held')))
    return onPause.every(({ webhook }, index) => held[index] === expectedFor(webhook, CALLS))
  }, deadlineMs)

  part(`${onPause.map(({ webhook }) => webhook.name).join(', ')} is enabled: what was held goes out`)
  const enabledAtMs = performance.now()
  for (const { id } of onPause) await account.manage.post(`/v1/webhooks/${id}/enable`, {}, created)
  await receiver.until(() => webhooks.every((live) => hasAll(live, receiver)), deadlineMs)

  const areLogged = await until(async () => {
    const succeeded = await Promise.all(webhooks.map((live) => listed(account, live, 'succeeded')))
    return webhooks.every(({ webhook }, index) => succeeded[index] === expectedFor(webhook, CALLS))
  }, deadlineMs)
  const { events } = await account.manage.get(`/v1/calls/${READ_BACK.call_id}`, timeline)
  part(`GET /v1/calls/${READ_BACK.call_id} (${READ_BACK.name})`)
  for (const line of timelineLines(events, webhooks)) say(line)

  const verdicts = webhooks.map(({ webhook }) =>
    judge(
      webhook,
      CALLS,
      receiver.received.filter((received) => received.path === webhook.path),
      enabledAtMs,
    ),
  )
  part('Summary')
  for (const line of summary(verdicts)) say(line)

  const findings = [
    ...misplaced,
    ...(areHeld ? [] : ['the relay does not list all that it held']),
    ...(areLogged ? [] : ['the relay does not list all that succeeded']),
    ...(isTold(events, READ_BACK) ? [] : [`the timeline of ${READ_BACK.call_id} is not the call as it was`]),
    ...verdicts.flatMap((verdict) => verdict.findings),
  ]
  say()
  for (const finding of findings) say(paint('red', `✗ ${finding}`))
  if (findings.length === 0) say(paint('green', 'All of it arrived, signed and in order.'))
  return { isWell: findings.length === 0, relay, account }
}

async function openAccount(relay: Relay): Promise<Account> {
  const admin = new Api(relay.url, relay.adminKey)
  const { id } = await admin.post('/v1/accounts', { name: 'Demo' }, created)
  const keyFor = async (scope: string): Promise<string> =>
    (await admin.post(`/v1/accounts/${id}/keys`, { name: `demo ${scope}`, scope }, newKey)).key
  const manageKey = await keyFor('manage')
  return {
    id,
    manageKey,
    manage: new Api(relay.url, manageKey),
    ingest: new Api(relay.url, await keyFor('ingest')),
  }
}

async function createWebhooks({ manage }: Account, receiver: Receiver): Promise<Live[]> {
  return Promise.all(
    demoWebhooks(CALLS).map(async (webhook): Promise<Live> => {
      const { name, path, ownQuery, config, failFirst } = webhook
      const url = receiver.url + path + (ownQuery === '' ? '' : `?${ownQuery}`)
      const { id } = await manage.post('/v1/webhooks', { name, url, ...config }, created)
      const signing = await manage.get(`/v1/webhooks/${id}/secret`, secret)
      receiver.serve(path, { secret: signing.secret, failFirst })
      if (webhook.isPaused) await manage.post(`/v1/webhooks/${id}/pause`, {}, created)
      return { id, webhook }
    }),
  )
}

/** Posts all calls side by side, each call's events one after the other. Answers with what the relay misplaced. */
async function postCalls({ ingest }: Account): Promise<string[]> {
  const perCall = CALLS.map(async (call) => {
    const misplaced: string[] = []
    for (const event of call.posted) {
      const { position } = await ingest.post('/v1/events', event, taken)
      if (position !== event.sequence) misplaced.push(`${event.id} was given position ${position}`)
    }
    return misplaced
  })
  return (await Promise.all(perCall)).flat()
}

/** Keeps a delivery's attempts, and prints it when it has succeeded or the receiver refuses it. */
function showArrival(received: Received, startedMs: number, arrivals: Map<string, Received[]>): void {
  const delivery = received.headers['webhook-id'] ?? ''
  const earlier = arrivals.get(delivery) ?? []
  arrivals.set(delivery, [...earlier, received])
  if (received.status === 500) return
  const { callId, position } = placeOf(received)
  const call = CALLS.find((each) => each.call_id === callId)
  const postedAs =
    call === undefined ? position : call.posted.findIndex((event) => event.sequence === position) + 1
  const notes = [
    ...(received.status === 200 ? [] : [`refused with ${received.status}, signature ${received.signature}`]),
    ...(earlier.length === 0 ? [] : [`after ${earlier.map(({ status }) => status).join(', ')}`]),
    ...(postedAs === position ? [] : [`posted as no. ${postedAs}`]),
  ]
  const line = {
    atMs: (received.answeredMs ?? received.startedMs) - startedMs,
    isWell: received.status === 200,
    webhook: received.path.slice(1),
    call: call?.name ?? callId,
    position,
    trigger: received.headers['webhook-trigger'] ?? '',
    note: notes.join(', '),
  }
  say(deliveryLine(line))
}

/** Whether each delivery that a webhook is to get has succeeded at the receiver. */
function hasAll({ webhook }: Live, receiver: Receiver): boolean {
  const succeeded = receiver.received.filter(
    ({ path, status, answeredMs }) => path === webhook.path && status === 200 && answeredMs !== null,
  )
  const deliveries = new Set(succeeded.map((received) => received.headers['webhook-id']))
  return deliveries.size >= expectedFor(webhook, CALLS)
}

/** How many of a webhook's deliveries the relay lists with a status. */
async function listed({ manage }: Account, { id }: Live, status: string): Promise<number> {
  const { data } = await manage.get(`/v1/webhooks/${id}/deliveries?status=${status}&limit=250`, page)
  return data.length
}

async function until(holds: () => Promise<boolean>, deadlineMs: number): Promise<boolean> {
  while (!(await holds())) {
    if (Date.now() > deadlineMs) return false
    await passMs(50)
  }
  return true
}

function timelineLines(events: Timeline['events'], webhooks: readonly Live[]): string[] {
  const names = new Map(webhooks.map(({ id, webhook }) => [id, webhook.name]))
  const rows = events.map(({ position, trigger, deliveries }) => [
    `  #${position}`,
    trigger,
    deliveries
      .map(({ webhook_id, attempts }) => {
        const statuses = attempts.map((attempt) => attempt.status_code ?? 'none').join(' ')
        return `${paint('cyan', names.get(webhook_id) ?? webhook_id)} ${statuses}`
      })
      .join(paint('dim', ' · ')),
  ])
  return columns(rows, new Set())
}

/** Whether a timeline has the call's events in order, and every delivery of them succeeded. */
function isTold(events: Timeline['events'], call: DemoCall): boolean {
  return (
    events.map((event) => event.id).join() === call.events.map((event) => event.id).join() &&
    events.every(({ deliveries }) => deliveries.every(({ status }) => status === 'succeeded'))
  )
}

function sayWhere(relay: Relay, account: Account): void {
  part('The relay stays up until Ctrl-C')
  const rows = [
    ['  relay', `${relay.url}/`],
    ['  API reference', `${relay.url}/docs`],
    ['  account', account.id],
    ['  its manage key', account.manageKey],
    ['  admin key', relay.adminKey],
  ]
  for (const line of columns(rows, new Set())) say(line)
}

const { values: options } = parseArgs({ options: { stay: { type: 'boolean', default: false } } })
const interruption = Promise.withResolvers<void>()

/** Makes signals end the demo in good order, now that the relay has taken Miniflare's own listeners away. */
function takeSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interruption.resolve())
  }
}

const cleanup = new AsyncDisposableStack()
let exitCode = 1
try {
  const outcome = await Promise.race([demo(cleanup), interruption.promise.then(() => null)])
  if (outcome === null) exitCode = 130
  else {
    exitCode = outcome.isWell ? 0 : 1
    if (options.stay) {
      sayWhere(outcome.relay, outcome.account)
      await interruption.promise
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
} finally {
  await cleanup.disposeAsync()
}
process.exit(exitCode)
