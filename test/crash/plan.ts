/** What a run does, from its seed alone: who gets what, what is posted, when it is killed and what is changed. */
import { createHash } from 'node:crypto'
import { Dice } from './chance.ts'

export interface Form {
  readonly calls: number
  /** How many events a second are posted while the relay is up: under what it can deliver on a shared machine. */
  readonly eventsPerSecond: number
  readonly kills: number
  readonly pauses: number
  readonly disables: number
  readonly outages: number
  /** How often D1 is out. */
  readonly d1Outages: number
  /** How long everything may take to end once nothing is posted, killed or changed any more. */
  readonly drainMs: number
}

/** A call has 10.5 events on average. */
export const FORMS = {
  full: {
    calls: 2_000,
    eventsPerSecond: 65,
    kills: 22,
    pauses: 24,
    disables: 8,
    outages: 4,
    d1Outages: 6,
    drainMs: 180_000,
  },
  short: {
    calls: 180,
    eventsPerSecond: 45,
    kills: 6,
    pauses: 6,
    disables: 2,
    outages: 1,
    d1Outages: 2,
    drainMs: 60_000,
  },
} as const satisfies Record<string, Form>

/** What each webhook is named after is what its receiver does; see receivers.ts. */
export const WEBHOOKS = ['steady', 'fails', 'hangs', 'closes', 'slow', 'limits', 'deleted'] as const
export type WebhookName = (typeof WEBHOOKS)[number]

/** Each event is for two or three of the webhooks. */
export const TRIGGERS: Record<WebhookName, readonly string[]> = {
  steady: ['call_received_on_server', 'call_answered_on_ivr', 'dtmf_option'],
  fails: ['call_answered_by_agent', 'call_hangup_missed_or_answered'],
  hangs: ['call_received_on_server', 'call_received_on_department'],
  closes: ['call_answered_on_ivr', 'call_received_on_department'],
  slow: ['call_answered_by_agent', 'call_hangup_missed_or_answered'],
  limits: ['call_received_on_department', 'dtmf_option'],
  // Beside the six: for the promise about delete.
  deleted: ['call_answered_by_agent'],
}
const EVERY_TRIGGER = [...new Set(Object.values(TRIGGERS).flat())]

export interface PlannedEvent {
  readonly id: string
  readonly callId: string
  readonly trigger: string
  readonly sequence: number | null
}

/** One request to the relay. One event goes to `/v1/events`, more go as a batch. */
export type Post = readonly PlannedEvent[]

/** All of these come `delayMs` after so many events have been acknowledged. */
interface Moment {
  readonly afterEvents: number
  readonly delayMs: number
}
export type Kill = Moment

/** A change of status, taken back by an enable after `forMs`; a delete never is. */
export interface Change extends Moment {
  readonly webhook: WebhookName
  readonly action: 'pause' | 'disable' | 'delete'
  readonly forMs: number
}

/** A time in which a receiver fails every request. */
export interface Outage extends Moment {
  readonly webhook: WebhookName
  readonly forMs: number
}

/** A time in which D1 refuses every query, or answers none. */
export interface D1Outage extends Moment {
  readonly state: 'refuses' | 'hangs'
  readonly forMs: number
}

export interface Plan {
  readonly seed: string
  readonly form: Form
  readonly events: readonly PlannedEvent[]
  /** What each poster sends, one post after the other. All events of a call are one poster's. */
  readonly posters: readonly (readonly Post[])[]
  readonly kills: readonly Kill[]
  readonly changes: readonly Change[]
  readonly outages: readonly Outage[]
  readonly d1Outages: readonly D1Outage[]
  /** The same for the same plan. */
  readonly digest: string
}

const POSTERS = 8
/** Calls that a poster has under way at a time. */
const LIVE_CALLS = 12

export function planOf(seed: string, form: Form): Plan {
  const calls = Array.from({ length: form.calls }, (_, index) => callOf(seed, index + 1))
  const events = calls.flat()
  const posters = Array.from({ length: POSTERS }, (_, poster) =>
    postsOf(
      calls.filter((_call, index) => index % POSTERS === poster),
      new Dice(seed, 'poster', poster),
    ),
  )
  const plan = {
    seed,
    form,
    events,
    posters,
    kills: killsOf(form, events.length, new Dice(seed, 'kills')),
    changes: changesOf(form, events.length, new Dice(seed, 'changes')),
    outages: outagesOf(form, events.length, new Dice(seed, 'outages')),
    d1Outages: d1OutagesOf(form, events.length, new Dice(seed, 'D1')),
  }
  return { ...plan, digest: createHash('sha256').update(JSON.stringify(plan)).digest('hex').slice(0, 12) }
}

/** The events of a call in the order in which they are posted. */
function callOf(seed: string, number: number): PlannedEvent[] {
  const dice = new Dice(seed, 'call', number)
  const callId = `call-${number}`
  const isSequenced = dice.next() < 0.5
  let sequence = 0
  const events = Array.from({ length: dice.whole(6, 15) }, (_, index): PlannedEvent => {
    // A sequence that never comes: what is behind the gap has to go without it.
    sequence += dice.next() < 0.02 ? 2 : 1
    return {
      id: `${callId}-${index + 1}`,
      callId,
      trigger: dice.pick(EVERY_TRIGGER),
      sequence: isSequenced ? sequence : null,
    }
  })
  if (!isSequenced) return events
  const shuffled = [...events]
  for (let index = 0; index < shuffled.length; index += 1) {
    if (dice.next() > 0.15) continue
    // A place or two late, which the reorder window is for; now and then long after it.
    const later =
      dice.next() < 0.15 ? shuffled.length - 1 : Math.min(index + dice.whole(1, 2), shuffled.length - 1)
    shuffled.splice(later, 0, ...shuffled.splice(index, 1))
  }
  return shuffled
}

/** Single events and batches over a few calls at a time, with repeats of what was posted before. */
function postsOf(calls: readonly PlannedEvent[][], dice: Dice): Post[] {
  const left = calls.map((call) => [...call])
  const live = left.splice(0, LIVE_CALLS)
  const posted: PlannedEvent[] = []
  const posts: Post[] = []
  while (live.length > 0) {
    const post: PlannedEvent[] = []
    const size = dice.next() < 0.4 ? 1 : dice.whole(2, 12)
    while (post.length < size && live.length > 0) {
      const index = dice.whole(0, live.length - 1)
      const event = live[index]?.shift()
      if (event === undefined) {
        const next = left.shift()
        live.splice(index, 1, ...(next === undefined ? [] : [next]))
        continue
      }
      post.push(event)
      posted.push(event)
      // The same event twice in a request, or one that went before, in another request or long ago.
      if (size > 1 && dice.next() < 0.03) post.push(dice.pick(posted.slice(-100)))
    }
    if (post.length > 0) posts.push(post)
    if (posted.length > 0 && dice.next() < 0.08) posts.push([dice.pick(posted.slice(-100))])
  }
  return posts
}

/** Spread over the posting, each at a random moment; the last two come when everything has been posted. */
function killsOf(form: Form, events: number, dice: Dice): Kill[] {
  return Array.from({ length: form.kills }, (_, index) => ({
    afterEvents:
      index >= form.kills - 2
        ? events
        : Math.floor((events * (index + 0.2 + 0.8 * dice.next())) / (form.kills - 1)),
    delayMs: dice.whole(0, 2_500),
  }))
}

function changesOf(form: Form, events: number, dice: Dice): Change[] {
  const six = WEBHOOKS.filter((name) => name !== 'deleted')
  const several = (action: 'pause' | 'disable', count: number): Change[] =>
    Array.from({ length: count }, (_, index) => ({
      webhook: six[(index + (action === 'disable' ? 3 : 0)) % six.length] ?? 'steady',
      action,
      afterEvents: Math.floor((events * (index + dice.next())) / (count + 1)),
      delayMs: dice.whole(0, 1_000),
      forMs: dice.whole(1_000, 6_000),
    }))
  const changes: Change[] = [
    ...several('pause', form.pauses),
    ...several('disable', form.disables),
    {
      webhook: 'deleted',
      action: 'delete',
      afterEvents: Math.floor(events * 0.6),
      delayMs: 0,
      forMs: Infinity,
    },
  ]
  return changes.sort((a, b) => a.afterEvents - b.afterEvents)
}

function outagesOf(form: Form, events: number, dice: Dice): Outage[] {
  return Array.from({ length: form.outages }, (_, index) => ({
    webhook: dice.pick(['fails', 'limits', 'closes']),
    afterEvents: Math.floor((events * (index + dice.next())) / (form.outages + 1)),
    delayMs: 0,
    forMs: dice.whole(2_000, 6_000),
  }))
}

/** One after the other, with kills in some of them. Each way by turns. */
function d1OutagesOf(form: Form, events: number, dice: Dice): D1Outage[] {
  return Array.from({ length: form.d1Outages }, (_, index) => ({
    state: index % 2 === 0 ? 'refuses' : 'hangs',
    afterEvents: Math.floor((events * (index + dice.next())) / (form.d1Outages + 1)),
    delayMs: 0,
    forMs: dice.whole(3_000, 8_000),
  }))
}
