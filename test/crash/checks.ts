/** What is promised, each as a check of the evidence: it names what breaks the promise. */
import { NOTED_WITHIN_MS, RETRIES_S, WINDOW_MS } from './settings.ts'
import { TRIGGERS, WEBHOOKS, type WebhookName } from './plan.ts'
import type { Seen } from './receivers.ts'
import type { KillRecord } from './relay.ts'
import { MATCHED_BY_MS, type Attempt, type Delivery, type Evidence, type TimelineEvent } from './run.ts'

/** Two things that happen one after the other may be seen this much in the wrong order by one event loop. */
const CLOCK_NOISE_MS = 5
/** A change may be noted by the relay so much before or after the core has it. */
const CHANGE_SLACK_MS = 1_000

/** A request as it was with the relay's deaths taken into account. */
export interface Request extends Seen {
  /** The kill that ended the relay which sent it, where its claim may still have stood by then. */
  readonly kill: KillRecord | null
}

/** A delivery with all that is known of it. */
interface Story {
  readonly delivery: Delivery & { attempts: Attempt[] }
  readonly webhook: WebhookName
  readonly event: TimelineEvent
  readonly requests: readonly Request[]
  /** The requests that were in flight at a kill: the relay was gone before it had noted how they went. */
  readonly cut: ReadonlySet<Request>
}

export class Checks {
  readonly #evidence: Evidence
  readonly requests: readonly Request[]
  readonly stories: readonly Story[]

  constructor(evidence: Evidence) {
    this.#evidence = evidence
    this.requests = evidence.seen.map((seen) => asRequest(seen, evidence.kills))
    const byDelivery = Map.groupBy(this.requests, (request) => request.delivery)
    this.stories = [...evidence.timelines.values()].flat().flatMap((event) =>
      event.deliveries.map((delivery) => {
        const requests = byDelivery.get(delivery.id) ?? []
        const noted = notedOf(delivery)
        const cut = new Set(requests.filter(({ attempt, kill }) => kill !== null && !noted.has(attempt)))
        return { delivery, webhook: nameOf(evidence, delivery.webhook_id), event, requests, cut }
      }),
    )
  }

  /** How many requests were in flight at a kill. */
  inFlight(): number {
    return this.stories.reduce((sum, { cut }) => sum + cut.size, 0)
  }

  /** Every event was acknowledged, with the answers that the contract has. */
  acknowledged(): string[] {
    const { plan, acks, surprises } = this.#evidence
    const missing = plan.events.filter(({ id }) => !acks.has(id))
    return [...surprises, ...missing.map(({ id }) => `${id} was never acknowledged`)]
  }

  /** Every acknowledged event is in its call, and with every webhook that it is for it has ended. */
  nothingLost(): string[] {
    const { plan, acks, timelines, names } = this.#evidence
    const byEvent = Map.groupBy(this.stories, ({ event }) => event)
    const lost: string[] = []
    for (const planned of plan.events) {
      const event = timelines.get(planned.callId)?.find(({ id }) => id === planned.id)
      if (event === undefined) {
        if (acks.has(planned.id)) lost.push(`${planned.id} was acknowledged and is not in its call`)
        continue
      }
      const got = new Map((byEvent.get(event) ?? []).map((story) => [story.webhook, story]))
      for (const name of WEBHOOKS) {
        const wants = this.#wants(name, planned)
        const story = got.get(name)
        if (wants === 'yes' && story === undefined) lost.push(`${planned.id} has no delivery to ${name}`)
        if (wants === 'no' && story !== undefined)
          lost.push(`${planned.id} was taken for ${name}, which did not want it`)
        if (story !== undefined && !ENDED.has(story.delivery.status))
          lost.push(`${described(story)} is still ${story.delivery.status}`)
      }
    }
    const known = new Set(this.stories.map(({ delivery }) => delivery.id))
    for (const request of this.requests) {
      if (!known.has(request.delivery)) lost.push(`${request.delivery} was sent and is in no timeline`)
    }
    if (names.size !== WEBHOOKS.length) lost.push('not every webhook was made')
    return lost
  }

  /** An end is one that the receiver, the schedule or a change accounts for. */
  endsAreTrue(): string[] {
    const { changes } = this.#evidence
    return this.stories.flatMap((story) => {
      const { delivery, webhook, requests, event, cut } = story
      const last = requests.at(-1)
      // Taken as the relay's own note has it. One that was in flight at a kill may have ended otherwise.
      const taken = requests.some(
        (request) => isSuccess(request.answer) && !cut.has(request) && !timedOut(story, request),
      )
      switch (delivery.status) {
        case 'succeeded':
          if (last === undefined || !isSuccess(last.answer))
            return [`${described(story)} succeeded, and its last answer was ${last?.answer}`]
          return delivery.last_status_code === 200
            ? []
            : [`${described(story)} succeeded with ${delivery.last_status_code}`]
        case 'failed':
          if (taken) return [`${described(story)} failed, and the receiver took it`]
          // More where a hold or an outage ended in between: what waits has a fresh schedule then.
          return delivery.attempt_count >= RETRIES_S.length + 1
            ? []
            : [`${described(story)} failed after ${delivery.attempt_count} attempts`]
        case 'discarded': {
          if (taken) return [`${described(story)} was discarded, and the receiver had taken it`]
          const receivedMs = Date.parse(event.received_at)
          const isDiscarded = changes.some(
            (change) =>
              change.webhook === webhook &&
              change.action !== 'pause' &&
              change.action !== 'enable' &&
              change.returnedMs + CHANGE_SLACK_MS > receivedMs,
          )
          return isDiscarded ? [] : [`${described(story)} was discarded, and nothing discarded it`]
        }
        default:
          return [`${described(story)} is ${delivery.status}`]
      }
    })
  }

  /**
   * An event's place is its sequence, or its number by arrival where no event of its call has one (a call of the plan is
   * either); late is what came after its window had ended.
   */
  placesAreRight(): string[] {
    const wrong: string[] = []
    const { plan, acks, timelines } = this.#evidence
    for (const [callId, planned] of Map.groupBy(plan.events, (event) => event.callId)) {
      const events = timelines.get(callId) ?? []
      for (const [index, { id, sequence }] of planned.entries()) {
        const expected = sequence ?? index + 1
        const event = events.find((each) => each.id === id)
        const ack = acks.get(id)
        if (event !== undefined && event.position !== expected)
          wrong.push(`${id} is at position ${event.position}, not ${expected}`)
        if (ack !== undefined && ack.position !== expected)
          wrong.push(`${id} was acknowledged at position ${ack.position}, not ${expected}`)
      }
      let highest = 0
      for (const [index, event] of events.entries()) {
        if (event.late !== event.position <= highest)
          wrong.push(`${event.id} is ${event.late ? '' : 'not '}late, at ${event.position} behind ${highest}`)
        if (event.late && !mayBeLate(event, events.slice(0, index)))
          wrong.push(`${event.id} is late, and came before the window had ended`)
        highest = Math.max(highest, event.position)
      }
    }
    return wrong
  }

  /** To a webhook, what comes later in a call starts later. */
  inOrder(): string[] {
    const ranks = new Map<string, number>()
    for (const events of this.#evidence.timelines.values()) {
      for (const [rank, event] of events.entries()) for (const { id } of event.deliveries) ranks.set(id, rank)
    }
    return this.#lanes().flatMap((requests) =>
      requests.flatMap((request, index) => {
        const before = requests[index - 1]
        if (before === undefined) return []
        const isBehind = (ranks.get(request.delivery) ?? -1) >= (ranks.get(before.delivery) ?? -1)
        return isBehind ? [] : [`${sent(request)} after ${sent(before)}, which comes later in the call`]
      }),
    )
  }

  /** To a webhook, a call's requests never overlap. What a kill cut off ended with the kill. */
  noOverlap(): string[] {
    return this.#lanes().flatMap((requests) =>
      requests.flatMap((request, index) => {
        const before = requests[index - 1]
        if (before === undefined || before.endedMs <= request.startedMs + CLOCK_NOISE_MS) return []
        return [
          `${sent(request)} ${Math.round(before.endedMs - request.startedMs)} ms before ${sent(before)} had ended`,
        ]
      }),
    )
  }

  /** Once a pause, a disable or a delete has returned, nothing starts until an enable is asked for. */
  nothingForbidden(): string[] {
    const { changes } = this.#evidence
    return WEBHOOKS.flatMap((name) => {
      const own = changes.filter(({ webhook }) => webhook === name)
      const requests = this.requests.filter(({ webhook }) => webhook === name)
      return own.flatMap((change, index) => {
        if (change.action === 'enable') return []
        const fromMs = change.returnedMs + CLOCK_NOISE_MS
        const untilMs = own[index + 1]?.askedMs ?? Infinity
        return requests
          .filter(({ startedMs }) => startedMs > fromMs && startedMs < untilMs)
          .map(
            (request) =>
              `${sent(request)} ${Math.round(request.startedMs - change.returnedMs)} ms after the ${change.action} had returned`,
          )
      })
    })
  }

  /**
   * What a receiver took, it gets again only if the attempt was in flight at a kill. Counted apart: what the relay
   * gave up waiting for, with a timeout on record, while the answer was under way on a busy machine.
   */
  repeats(): { atKills: number; afterTimeouts: number; unexplained: string[] } {
    let atKills = 0
    let afterTimeouts = 0
    const unexplained: string[] = []
    for (const story of this.stories) {
      for (const [index, request] of story.requests.entries()) {
        const again = story.requests[index + 1]
        if (again === undefined || !isSuccess(request.answer)) continue
        if (story.cut.has(request) && again.startedMs > (request.kill?.atMs ?? Infinity)) atKills += 1
        else if (timedOut(story, request)) afterTimeouts += 1
        else
          unexplained.push(
            `${described(story)}: attempt ${request.attempt} was taken and is ${recordOf(story, request)}, ${again.attempt} came ${Math.round(again.startedMs - request.endedMs)} ms later`,
          )
      }
    }
    return { atKills, afterTimeouts, unexplained }
  }

  /** Each webhook's log has every delivery, with its end, its last answer and no fewer attempts than were seen. */
  logAgrees(): string[] {
    const wrong: string[] = []
    for (const [name, log] of this.#evidence.logs) {
      const logged = new Map(log.map((each) => [each.id, each]))
      const own = this.stories.filter(({ webhook }) => webhook === name)
      for (const story of own) {
        const { delivery, requests } = story
        const entry = logged.get(delivery.id)
        if (entry === undefined) {
          wrong.push(`${described(story)} is not in the log`)
          continue
        }
        for (const field of [
          'status',
          'attempt_count',
          'last_status_code',
          'event_id',
          'position',
          'late',
        ] as const) {
          if (entry[field] !== delivery[field])
            wrong.push(
              `${described(story)}: ${field} is ${entry[field]} in the log, ${delivery[field]} in the timeline`,
            )
        }
        // A claim that was cut off before its request went out counts, and so does a timeout before that.
        const most = requests.length + delivery.attempts.length + this.#evidence.kills.length
        if (entry.attempt_count < requests.length || entry.attempt_count > most)
          wrong.push(
            `${described(story)}: ${entry.attempt_count} attempts in the log, ${requests.length} seen`,
          )
        const last = requests.at(-1)
        if (last === undefined || story.cut.has(last) || timedOut(story, last)) continue
        const code = typeof last.answer === 'number' ? last.answer : null
        if (entry.last_status_code !== code && entry.attempt_count === last.attempt)
          wrong.push(
            `${described(story)}: last status ${entry.last_status_code} in the log, ${last.answer} seen`,
          )
      }
      if (logged.size !== own.length || log.length !== own.length)
        wrong.push(`${name}: ${log.length} deliveries in the log, ${own.length} in the timelines`)
    }
    return wrong
  }

  /** Each attempt in a timeline was seen, with that answer; what was seen is there unless a kill came before it was. */
  attemptsAgree(): string[] {
    return this.stories.flatMap((story) => {
      const wrong: string[] = []
      const byNumber = Map.groupBy(story.requests, ({ attempt }) => attempt)
      for (const [number, requests] of byNumber) {
        if (requests.length > 1)
          wrong.push(`${described(story)}: attempt ${number} was seen ${requests.length} times`)
      }
      for (const attempt of story.delivery.attempts) {
        const request = byNumber.get(attempt.number)?.[0]
        // The relay's clock alone says what a timeout is: the request may have been on its way, or the answer.
        if (attempt.error === 'timeout') continue
        if (attempt.error === 'lost') {
          if (!this.#mayBeLost(attempt))
            wrong.push(`${described(story)}: attempt ${attempt.number} is lost, and no kill came after it`)
          continue
        }
        if (request === undefined) {
          wrong.push(`${described(story)}: attempt ${attempt.number} (${attempt.error}) was never seen`)
          continue
        }
        const code = typeof request.answer === 'number' ? request.answer : null
        if (attempt.status_code !== code)
          wrong.push(
            `${described(story)}: attempt ${attempt.number} got ${request.answer} and is logged as ${attempt.status_code ?? attempt.error}`,
          )
        const lateMs = request.wallMs - Date.parse(attempt.started_at)
        if (lateMs < -CLOCK_NOISE_MS || lateMs > NOTED_WITHIN_MS)
          wrong.push(
            `${described(story)}: attempt ${attempt.number} was seen ${Math.round(lateMs)} ms after its start in the log`,
          )
      }
      const logged = notedOf(story.delivery)
      for (const request of story.requests) {
        if (!logged.has(request.attempt) && !story.cut.has(request))
          wrong.push(
            `${described(story)}: attempt ${request.attempt} got ${request.answer} and is not in the log`,
          )
      }
      return wrong
    })
  }

  /** Whether the relay was killed after it had claimed an attempt. That may have waited in its webhook's line for long. */
  #mayBeLost({ started_at }: Attempt): boolean {
    return this.#evidence.kills.some(({ wallMs }) => wallMs >= Date.parse(started_at) - CLOCK_NOISE_MS)
  }

  /** The requests of each call to each webhook, by their start. */
  #lanes(): Request[][] {
    return [...Map.groupBy(this.requests, ({ webhook, callId }) => `${webhook} ${callId}`).values()].map(
      (requests) => requests.sort((a, b) => a.startedMs - b.startedMs),
    )
  }

  /** Whether an event is for a webhook; `maybe` where it was matched at about the time of a disable or a delete. */
  #wants(name: WebhookName, { id, trigger }: { id: string; trigger: string }): 'yes' | 'no' | 'maybe' {
    if (!TRIGGERS[name].includes(trigger)) return 'no'
    const { acks, changes, kills } = this.#evidence
    const ack = acks.get(id)
    if (ack === undefined) return 'maybe'
    const fromMs = ack.firstSentMs - CHANGE_SLACK_MS
    // A kill puts the matching off until the relay is up again.
    const untilMs = kills.reduce(
      (ms, kill) => (kill.atMs < ms && kill.readyMs + MATCHED_BY_MS > ms ? kill.readyMs + MATCHED_BY_MS : ms),
      ack.ackedMs + MATCHED_BY_MS,
    )
    const own = changes.filter(({ webhook }) => webhook === name)
    for (const [index, change] of own.entries()) {
      if (change.action !== 'disable' && change.action !== 'delete') continue
      const enable = own[index + 1]
      if (change.returnedMs < ack.firstSentMs && untilMs < (enable?.askedMs ?? Infinity)) return 'no'
      if (change.askedMs < untilMs && fromMs < (enable?.returnedMs ?? Infinity)) return 'maybe'
    }
    return 'yes'
  }
}

const ENDED = new Set(['succeeded', 'failed', 'expired', 'discarded'])
function asRequest(seen: Seen, kills: readonly KillRecord[]): Request {
  // What had been sent is still seen for a moment after the sender is gone.
  const before = kills.find(({ atMs, goneMs }) => seen.startedMs >= atMs && seen.startedMs <= goneMs + 200)
  const startedMs = before?.atMs ?? seen.startedMs
  const next = kills.find(({ atMs }) => startedMs <= atMs)
  return {
    ...seen,
    startedMs,
    endedMs: Math.min(seen.endedMs, next?.atMs ?? Infinity),
    kill: next !== undefined && next.atMs - startedMs <= NOTED_WITHIN_MS ? next : null,
  }
}

/** The attempts of which the relay has noted how they went: of one that was lost it says just that it has not. */
function notedOf({ attempts }: Delivery & { attempts: Attempt[] }): Set<number> {
  return new Set(attempts.flatMap(({ number, error }) => (error === 'lost' ? [] : number)))
}

/** How the relay has an attempt on record. */
function recordOf({ delivery }: Story, { attempt, startedMs, kill }: Request): string {
  const entry = delivery.attempts.find(({ number }) => number === attempt)
  if (entry !== undefined) return `logged as ${entry.status_code ?? entry.error}`
  if (kill === null) return 'not logged, with no kill near'
  return `not logged, with a kill ${Math.round(kill.atMs - startedMs)} ms after its start`
}

/** Whether the relay has on record that it gave up waiting for the answer. */
function timedOut({ delivery }: Story, { attempt }: Request): boolean {
  return delivery.attempts.some(({ number, error }) => number === attempt && error === 'timeout')
}

/** Something that comes later in the call had waited for as long as the window is, or there was no wait to be had. */
function mayBeLate(event: TimelineEvent, before: readonly TimelineEvent[]): boolean {
  const receivedMs = Date.parse(event.received_at)
  const overtook = before.filter(({ position }) => position >= event.position)
  return overtook.some((each) => receivedMs - Date.parse(each.received_at) >= WINDOW_MS)
}

function isSuccess(answer: Seen['answer']): boolean {
  return typeof answer === 'number' && answer >= 200 && answer < 300
}

function nameOf(evidence: Evidence, webhookId: string): WebhookName {
  const name = evidence.names.get(webhookId)
  if (name === undefined) throw new Error(`${webhookId} is not one of the plan's webhooks`)
  return name
}

function described({ event, webhook, delivery }: Story): string {
  return `${event.id} to ${webhook} (${delivery.id})`
}

function sent({ delivery, callId, webhook, attempt }: Request): string {
  return `${callId} to ${webhook}: attempt ${attempt} of ${delivery} was sent`
}
