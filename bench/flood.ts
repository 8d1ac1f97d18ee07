/** Posts a flood as fast as it is accepted. Forked by `flood`, with its plan as the one argument. */
import { Agent, request } from 'node:http'
import { setTimeout as passMs } from 'node:timers/promises'
import { nowMs } from './clock.ts'
import { floodEvents, type Flooded, type FloodPlan } from './flood-process.ts'

const plan = JSON.parse(process.argv[2] ?? '') as FloodPlan // safe: flood() writes it
const agent = new Agent({ keepAlive: true, maxSockets: plan.lanes })
const events = floodEvents(plan)
const batches: object[][] = []
for (let first = 0; first < events.length; first += plan.batch) {
  batches.push(events.slice(first, first + plan.batch))
}
const result: Flooded = { startedMs: nowMs(), endedMs: 0, accepted: 0, refused: 0, slowestMs: 0 }
let next = 0
let isOver = false
process.once('message', () => {
  isOver = true
  // What has been posted and is still not answered by then is not waited for.
  setTimeout(end, 10_000)
})

async function post(path: string, body: object): Promise<{ status: number; text: string }> {
  const payload = JSON.stringify(body)
  return new Promise((answered, fail) => {
    const outgoing = request(
      plan.url + path,
      {
        agent,
        method: 'POST',
        headers: {
          authorization: `Bearer ${plan.key}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => answered({ status: response.statusCode ?? 0, text }))
      },
    )
    outgoing.on('error', fail)
    outgoing.end(payload)
  })
}

/** One after the other, as a client with so many connections would. */
async function lane(): Promise<void> {
  for (;;) {
    const batch = batches[next]
    if (batch === undefined || isOver) return
    next += 1
    const dueMs = plan.pace === null ? 0 : result.startedMs + ((next - 1) * plan.batch * 1_000) / plan.pace
    if (dueMs > nowMs()) await passMs(dueMs - nowMs())
    const sentMs = nowMs()
    const isSingle = plan.batch === 1
    const { status, text } = await post(
      isSingle ? '/v1/events' : '/v1/events/batch',
      isSingle ? (batch[0] ?? {}) : { events: batch },
    )
    result.slowestMs = Math.max(result.slowestMs, nowMs() - sentMs)
    const accepted =
      status !== 202
        ? 0
        : isSingle
          ? 1
          : (JSON.parse(text) as { data: { status: number }[] }).data.filter((each) => each.status === 202)
              .length // safe: the API's answer to a batch
    result.accepted += accepted
    result.refused += batch.length - accepted
  }
}

function end(): void {
  result.endedMs = nowMs()
  process.send?.(result, () => process.exit(0))
}

await Promise.all(Array.from({ length: plan.lanes }, lane))
end()
