/** A call's timeline as text: what came, to whom it went, what it waited for and what the receivers said. Pure. */
import type { Why } from '../../src/order/skip.ts'
import type { DeliveryStatus, WaitWhy } from '../../src/contracts/deliveries.ts'
import type { Timeline, TimelineAttempt, TimelineDelivery, TimelineEvent, Wait } from './contract.ts'
import { count, cut, plain, WIDTH, wrapped } from './plain.ts'
import { cell, standing, stood, styleOf, type NameOf, type Paint } from './tables.ts'
import { between, clockOf, dayOf, lasting } from './time.ts'

/** @param nowMs how long something has been waiting is told by it */
export function callText(
  { call_id, events }: Pick<Timeline, 'call_id' | 'events'>,
  nameOf: NameOf,
  nowMs: number,
  paint: Paint,
): string[] {
  const deliveries = events.flatMap((event) => event.deliveries)
  const [first] = events
  const counts: Partial<Record<DeliveryStatus, number>> = {}
  for (const { status } of deliveries) counts[status] = (counts[status] ?? 0) + 1
  const [worst = 'succeeded'] = stood(counts)
  const kind =
    first === undefined
      ? ''
      : [first.call_type, first.outbound_type, first.number].filter(Boolean).join(' · ')
  const lines = [
    paint('bold', cut(`call ${call_id}`, WIDTH)),
    cut(plain(kind), WIDTH),
    ...wrapped(
      `${count(events.length, 'event')} · ${count(deliveries.length, 'delivery', 'deliveries')}: ${standing(counts)}`,
      WIDTH,
    ).map((line) => paint(styleOf(worst), line)),
  ]
  let day = ''
  for (const event of events) {
    lines.push('')
    if (dayOf(event.received_at) !== day) {
      day = dayOf(event.received_at)
      lines.push(paint('dim', `${day}, times in UTC`))
    }
    lines.push(...eventLines(event, events, { nameOf, nowMs, paint }))
  }
  return lines
}

interface How {
  nameOf: NameOf
  nowMs: number
  paint: Paint
}

function eventLines(event: TimelineEvent, all: readonly TimelineEvent[], how: How): string[] {
  const { position, trigger, received_at, late, sequence_reused, occurred_at, skipped, deliveries } = event
  const { paint, nameOf } = how
  const head = `${clockOf(received_at)}  ${cell(`#${position}`, 6)}${cut(trigger, 50)}`
  const notes = [
    ...(late ? ['late: it came after what follows it had gone out'] : []),
    ...(sequence_reused ? ['another event of the call had its sequence before'] : []),
    ...(occurred_at === null ? [] : occurredNote(occurred_at, received_at)),
    ...releaseNote(event, how.nowMs),
    ...(deliveries.length === 0 && skipped.length === 0 ? ['no webhook asks for it'] : []),
  ]
  return [
    paint('bold', head),
    ...notes.flatMap((note) => wrapped(note, WIDTH - 14).map((line) => paint('yellow', `${INDENT}${line}`))),
    ...deliveries.flatMap((delivery) =>
      deliveryText(withoutGap(delivery), behind(delivery, event, all), how),
    ),
    ...skipped.flatMap(({ webhook_id, why }) =>
      wrapped(`not for ${nameOf(webhook_id)}: ${WHY_SKIPPED[why]}`, WIDTH - 14).map((line) =>
        paint('dim', `${INDENT}${line}`),
      ),
    ),
  ]
}

const INDENT = ' '.repeat(14)
const DEEPER = ' '.repeat(16)

/** What the core was late with, if it was. */
function occurredNote(occurred: string, received: string): string[] {
  const ms = between(occurred, received)
  return ms < 5000 ? [] : [`the core posted it ${lasting(ms)} after it had happened`]
}

function releaseNote({ released_at, received_at }: TimelineEvent, nowMs: number): string[] {
  if (released_at === null) {
    return [`has waited ${lasting(nowMs - Date.parse(received_at))} for an event before it that is missing`]
  }
  const ms = between(received_at, released_at)
  return ms < 1 ? [] : [`waited ${lasting(ms)} for an event before it that was missing`]
}

/** A gap is waited for by the event, which says so once for all of its deliveries. */
function withoutGap(delivery: TimelineDelivery): TimelineDelivery {
  return { ...delivery, waits: delivery.waits.filter(({ why }) => why !== 'gap') }
}

/** The position of the call's event that this webhook gets before this one; null if there is none. */
function behind(
  delivery: TimelineDelivery,
  event: TimelineEvent,
  all: readonly TimelineEvent[],
): number | null {
  const before = all.slice(0, all.indexOf(event))
  const last = before.findLast(({ deliveries }) =>
    deliveries.some(({ webhook_id, test }) => webhook_id === delivery.webhook_id && !test),
  )
  return last?.position ?? null
}

function deliveryText(delivery: TimelineDelivery, behindPosition: number | null, how: How): string[] {
  const { id, webhook_id, webhook_name, status, completed_at, next_attempt_at, attempts, waits, test } =
    delivery
  const { paint, nameOf, nowMs } = how
  const name = paint('cyan', cell(webhook_name ?? nameOf(webhook_id), 20))
  const ended = completed_at === null ? '' : `${clockOf(completed_at)}  `
  const [only] = attempts
  const isPlain = status === 'succeeded' && attempts.length === 1 && waits.length === 0
  const told = isPlain && only !== undefined ? `${answered(only)} in ${lasting(only.duration_ms)}` : ''
  const head = `${INDENT}${name}${paint(styleOf(status), cell(status, 11))}${ended}${told}`
  const bodies = attempts.some((attempt) => attempt.response_body)
  return [
    head.trimEnd(),
    ...(test ? deeper('a test, sent by hand to this webhook alone') : []),
    ...waits.flatMap((wait) => deeper(waitText(wait, behindPosition, nowMs))),
    ...(isPlain && !bodies ? [] : attempts.flatMap((attempt) => attemptLines(attempt, paint))),
    ...(next_attempt_at === null ? [] : deeper(`next attempt ${nextText(next_attempt_at, nowMs)}`)),
    ...(status === 'succeeded' ? [] : [paint('dim', `${DEEPER}${id}`)]),
  ]
}

function nextText(next: string, nowMs: number): string {
  const ms = Date.parse(next) - nowMs
  return ms > 0 ? `in ${lasting(ms)}, at ${clockOf(next)}` : `was due at ${clockOf(next)}`
}

function deeper(text: string): string[] {
  return wrapped(text, WIDTH - DEEPER.length).map((line) => DEEPER + line)
}

function attemptLines(attempt: TimelineAttempt, paint: Paint): string[] {
  const { number, started_at, duration_ms, via, error, response_body, cleaned_headers } = attempt
  const by = via === 'manual' ? 'by hand' : 'attempt'
  const line = `${by} ${number}  ${clockOf(started_at)}  ${lasting(duration_ms).padStart(7)}  `
  return [
    `${DEEPER}${line}${paint(error === null ? 'green' : 'red', answered(attempt))}`,
    ...(cleaned_headers.length === 0
      ? []
      : deeper(`control characters were taken out of ${cleaned_headers.join(', ')}`)),
    ...(response_body ? bodyLines(response_body).map((each) => paint('dim', each)) : []),
  ]
}

/** What a receiver said: a status, or why there is none. */
function answered({ status_code, error }: TimelineAttempt): string {
  if (error === null) return `${status_code ?? ''}`
  switch (error) {
    case 'status':
      return `${status_code ?? ''}`
    case 'timeout':
      return 'timeout: no answer in time'
    case 'connection':
      return 'connection: nobody there'
    case 'redirect':
      return `redirect: ${status_code ?? ''}, not followed`
    case 'blocked_target':
      return 'blocked_target: not sent'
    case 'invalid_request':
      return 'invalid_request: not sent'
    case 'dead_letter':
      return 'dead_letter: queue gave up'
    case 'lost':
      return 'lost: outcome not known'
    default:
      return cut(error, 27)
  }
}

/** The lines of a receiver's answer, as it gave them. */
function bodyLines(body: string): string[] {
  return body
    .trimEnd()
    .split(/\r?\n/)
    .flatMap((line) => wrapped(line, WIDTH - DEEPER.length - 2))
    .map((line) => `${DEEPER}| ${line}`.trimEnd())
}

function waitText({ why, from, until }: Wait, behindPosition: number | null, nowMs: number): string {
  const what =
    why === 'turn' && behindPosition !== null ? `its turn behind #${behindPosition}` : WAITED_FOR[why]
  return until === null
    ? `has waited ${lasting(nowMs - Date.parse(from))} for ${what}`
    : `waited ${lasting(between(from, until))} for ${what}`
}

const WAITED_FOR: Readonly<Record<WaitWhy, string>> = {
  gap: 'an event before it that was missing',
  turn: 'its turn behind the one before it',
  rate: "its place in the webhook's rate limit",
  backoff: 'the next attempt of its schedule',
  asked: 'as long as the receiver asked for (Retry-After)',
  held: 'the webhook to be enabled',
  breaker: 'the receiver to answer others again (its breaker was open)',
}

const WHY_SKIPPED: Readonly<Record<Why, string>> = {
  account_off: "the account's webhooks were switched off",
  created_later: 'it was created later',
  disabled: 'it was disabled',
  trigger: 'it did not ask for this trigger then',
  call_type: 'it asks for calls of the other direction',
  number: 'it asks for other numbers',
  outbound_type: 'it asks for other outbound types',
  unknown: 'the configuration on record does not say why',
}
