/** Carries out a plan and brings back what was seen: by the core, by the receivers, and in the relay's own log. */
import { TRIGGERS, WEBHOOKS, type Change, type Plan, type Post, type WebhookName } from './plan.ts'
import type { D1State, D1Switch } from './d1.ts'
import { nowMs, type Receivers, type Seen } from './receivers.ts'
import type { KilledRelay, KillRecord } from './relay.ts'

/** What the core knows of an event that it posted. Times are `nowMs`. */
export interface Ack {
  readonly firstSentMs: number
  readonly ackedMs: number
  readonly position: number
}

/** A change of status: when it was first asked for, and when the relay had answered 200. */
export interface ChangeRecord {
  readonly webhook: WebhookName
  readonly action: Change['action'] | 'enable'
  readonly askedMs: number
  readonly returnedMs: number
}

export interface Attempt {
  number: number
  started_at: string
  duration_ms: number
  via: string
  status_code: number | null
  error: string | null
}

export interface Delivery {
  id: string
  webhook_id: string
  event_id: string
  call_id: string
  position: number
  late: boolean
  status: string
  attempt_count: number
  last_status_code: number | null
}

export interface TimelineEvent {
  id: string
  position: number
  sequence: number | null
  late: boolean
  received_at: string
  deliveries: (Delivery & { attempts: Attempt[] })[]
}

export interface Evidence {
  readonly plan: Plan
  readonly acks: ReadonlyMap<string, Ack>
  /** Answers to posts that the contract does not allow. */
  readonly surprises: readonly string[]
  readonly seen: readonly Seen[]
  readonly kills: readonly KillRecord[]
  readonly changes: readonly ChangeRecord[]
  /** When D1 was out. Times are `nowMs`. */
  readonly d1Outages: readonly { state: D1State; fromMs: number; untilMs: number }[]
  readonly names: ReadonlyMap<string, WebhookName>
  /** By call id. */
  readonly timelines: ReadonlyMap<string, readonly TimelineEvent[]>
  /** The delivery log of each webhook that is still there. */
  readonly logs: ReadonlyMap<WebhookName, readonly Delivery[]>
  readonly figures: { postedMs: number; drainedMs: number; readMs: number }
}

const ASKING_AT_ONCE = 6
export const MATCHED_BY_MS = 7_000
const ENDED = ['succeeded', 'failed', 'expired', 'discarded']

export function carryOut(
  plan: Plan,
  relay: KilledRelay,
  receivers: Receivers,
  d1: D1Switch,
): Promise<Evidence> {
  return new Run(plan, relay, receivers, d1).all()
}

const wait = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms))

class Run {
  readonly #plan: Plan
  readonly #relay: KilledRelay
  readonly #receivers: Receivers
  readonly #d1: D1Switch
  readonly #d1Outages: { state: D1State; fromMs: number; untilMs: number }[] = []
  readonly #acks = new Map<string, Ack>()
  readonly #firstSentMs = new Map<string, number>()
  readonly #surprises: string[] = []
  readonly #changes: ChangeRecord[] = []
  #accountId = ''
  #ids = new Map<WebhookName, string>()
  #moments: { afterEvents: number; come: () => void }[] = []

  constructor(plan: Plan, relay: KilledRelay, receivers: Receivers, d1: D1Switch) {
    this.#plan = plan
    this.#relay = relay
    this.#receivers = receivers
    this.#d1 = d1
  }

  async all(): Promise<Evidence> {
    const plan = this.#plan
    await this.#configure()
    const startedMs = nowMs()
    const progress = setInterval(() => this.#say(startedMs), 15_000)
    try {
      await Promise.all([
        ...plan.posters.map((posts) => this.#post(posts)),
        this.#kill(),
        ...WEBHOOKS.map((name) => this.#change(name)),
        ...plan.outages.map((outage) => this.#outage(outage)),
        this.#d1Outage(),
      ])
      const postedMs = nowMs()
      const timelines = await this.#drained(postedMs + plan.form.drainMs)
      const drainedMs = nowMs()
      const logs = await this.#logs(timelines)
      return {
        plan,
        acks: this.#acks,
        surprises: this.#surprises,
        seen: this.#receivers.seen,
        kills: this.#relay.kills,
        changes: this.#changes,
        d1Outages: this.#d1Outages,
        names: new Map([...this.#ids].map(([name, id]) => [id, name])),
        timelines,
        logs,
        figures: {
          postedMs: postedMs - startedMs,
          drainedMs: drainedMs - postedMs,
          readMs: nowMs() - drainedMs,
        },
      }
    } finally {
      clearInterval(progress)
    }
  }

  async #configure(): Promise<void> {
    const account = await this.#relay.ask('POST', '/v1/accounts', { name: 'Crash' })
    this.#accountId = (account.body as { id: string }).id
    for (const name of WEBHOOKS) {
      const { status, body } = await this.#relay.ask('POST', `/v1/webhooks?account_id=${this.#accountId}`, {
        name,
        triggers: TRIGGERS[name],
        url: this.#receivers.url(name),
        // The receivers' faults depend on the event.
        headers: [{ key: 'x-event-id', value: '$event_id' }],
      })
      if (status !== 201) throw new Error(`webhook ${name}: ${status} ${JSON.stringify(body)}`)
      this.#ids.set(name, (body as { id: string }).id)
    }
  }

  /** One poster: a post after the other, at its share of the rate. */
  async #post(posts: readonly Post[]): Promise<void> {
    const perSecond = this.#plan.form.eventsPerSecond / this.#plan.posters.length
    for (const post of posts) {
      const paced = wait((post.length / perSecond) * 1_000)
      await this.#postUntilTaken(post)
      await paced
    }
  }

  /** Posts again until all of it has its 202: from then on the relay owes each of these events. */
  async #postUntilTaken(post: Post): Promise<void> {
    const takenBefore = new Set(post.filter(({ id }) => this.#acks.has(id)).map(({ id }) => id))
    const isNew = new Set(post.filter(({ id }) => !this.#firstSentMs.has(id)).map(({ id }) => id))
    for (const { id } of post) if (!this.#firstSentMs.has(id)) this.#firstSentMs.set(id, nowMs())
    for (let posts = 1; ; posts += 1) {
      const { answers, tries } = await this.#send(post)
      const inThisPost = new Set<string>()
      for (const [index, { id }] of post.entries()) {
        const answer = answers[index]
        if (answer?.status !== 202) {
          if (answer?.status !== 503) this.#surprises.push(`${id} was answered ${JSON.stringify(answer)}`)
          continue
        }
        this.#acknowledge(id, answer.position)
        if (answer.id !== id) this.#surprises.push(`${id} was taken as ${answer.id}`)
        const isRepeat = takenBefore.has(id) || inThisPost.has(id)
        if (isRepeat && !answer.duplicate) this.#surprises.push(`${id} was taken twice`)
        if (!isRepeat && answer.duplicate && isNew.has(id) && posts === 1 && tries === 1) {
          this.#surprises.push(`${id} was a duplicate when it was first posted`)
        }
        inThisPost.add(id)
      }
      if (answers.every(({ status }) => status === 202)) return
      if (posts > 100) throw new Error(`no 202 in ${posts} posts: ${JSON.stringify(answers)}`)
      await wait(100)
    }
  }

  /** An answer for each event of the post. */
  async #send(post: Post): Promise<{ answers: Answer[]; tries: number }> {
    const events = post.map(({ id, callId, trigger, sequence }) => ({
      account_id: this.#accountId,
      id,
      trigger,
      call_id: callId,
      call_type: 'inbound',
      sequence,
      variables: { uuid: id, caller_id_number: '+919811123456' },
    }))
    const [only] = events
    if (events.length === 1 && only !== undefined) {
      const { status, body, tries } = await this.#relay.ask('POST', '/v1/events', only)
      return { answers: [{ ...(body as Omit<Answer, 'status'>), status }], tries }
    }
    const { status, body, tries } = await this.#relay.ask('POST', '/v1/events/batch', { events })
    if (status === 202) return { answers: (body as { data: Answer[] }).data, tries }
    return { answers: post.map(({ id }) => ({ status, id, position: 0, duplicate: false })), tries }
  }

  #acknowledge(id: string, position: number): void {
    const known = this.#acks.get(id)
    if (known !== undefined) {
      if (known.position !== position)
        this.#surprises.push(`${id} was at position ${known.position} and then at ${position}`)
      return
    }
    this.#acks.set(id, {
      firstSentMs: this.#firstSentMs.get(id) ?? 0,
      ackedMs: nowMs(),
      position,
    })
    const come = this.#moments.filter(({ afterEvents }) => this.#acks.size >= afterEvents)
    if (come.length === 0) return
    this.#moments = this.#moments.filter((moment) => !come.includes(moment))
    for (const moment of come) moment.come()
  }

  /** Until so many events have been acknowledged and so long has passed since. */
  async #moment({ afterEvents, delayMs }: { afterEvents: number; delayMs: number }): Promise<void> {
    if (this.#acks.size < afterEvents) {
      await new Promise<void>((come) => this.#moments.push({ afterEvents, come }))
    }
    await wait(delayMs)
  }

  async #kill(): Promise<void> {
    for (const kill of this.#plan.kills) {
      await this.#moment(kill)
      await this.#relay.killAndStart()
    }
  }

  /** The changes of one webhook, one after the other. */
  async #change(name: WebhookName): Promise<void> {
    for (const change of this.#plan.changes.filter(({ webhook }) => webhook === name)) {
      await this.#moment(change)
      await this.#setStatus(name, change.action)
      if (change.action === 'delete') return
      await wait(change.forMs)
      await this.#setStatus(name, 'enable')
    }
  }

  async #setStatus(webhook: WebhookName, action: ChangeRecord['action']): Promise<void> {
    const path = `/v1/webhooks/${this.#ids.get(webhook)}`
    const askedMs = nowMs()
    for (;;) {
      const { status } =
        action === 'delete'
          ? await this.#relay.ask('DELETE', path)
          : await this.#relay.ask('POST', `${path}/${action}`)
      // Deleted by a request whose answer a kill took away: ask again and it is not there.
      if (status < 300 || (action === 'delete' && status === 404)) break
      if (status < 500) throw new Error(`${action} of ${webhook} was answered ${status}`)
      await wait(100)
    }
    this.#changes.push({ webhook, action, askedMs, returnedMs: nowMs() })
  }

  async #outage(outage: Plan['outages'][number]): Promise<void> {
    await this.#moment(outage)
    this.#receivers.setOutage(outage.webhook, true)
    await wait(outage.forMs)
    this.#receivers.setOutage(outage.webhook, false)
  }

  async #d1Outage(): Promise<void> {
    for (const outage of this.#plan.d1Outages) {
      await this.#moment(outage)
      const { state, forMs } = outage
      const fromMs = nowMs()
      this.#d1.set(state)
      // Events ask D1 for nothing: without a request that does, an outage may pass and nobody was refused.
      if (state === 'refuses') {
        const { status } = await this.#relay.ask('GET', '/v1/accounts')
        if (status < 500) throw new Error(`accounts were answered ${status} while D1 was out`)
      }
      await wait(forMs)
      this.#d1.set('there')
      this.#d1Outages.push({ state, fromMs, untilMs: nowMs() })
    }
  }

  /** The timeline of every call, each read until nothing in it is still to come, or the deadline has passed. */
  async #drained(deadlineMs: number): Promise<Map<string, TimelineEvent[]>> {
    const timelines = new Map<string, TimelineEvent[]>()
    const expected = Map.groupBy(this.#plan.events, ({ callId }) => callId)
    let left = [...expected.keys()]
    // An event that was stored just before the last kill is matched by its call's alarm, within 5 s; until then
    // its timeline shows no delivery.
    await wait(MATCHED_BY_MS)
    for (;;) {
      const open: string[] = []
      await inTurns(left, async (callId) => {
        const path = `/v1/calls/${callId}?account_id=${this.#accountId}`
        const { status, body } = await this.#relay.ask('GET', path)
        const events = status === 200 ? (body as { events: TimelineEvent[] }).events : []
        timelines.set(callId, events)
        const isOver =
          events.length === expected.get(callId)?.length &&
          events.every(({ deliveries }) => deliveries.every((each) => ENDED.includes(each.status)))
        if (!isOver) open.push(callId)
      })
      if (open.length === 0 || nowMs() > deadlineMs) return timelines
      left = open
      await wait(1_000)
    }
  }

  /** The delivery logs, read once more where one does not have what the timelines have: it is written behind. */
  async #logs(timelines: Map<string, TimelineEvent[]>): Promise<Map<WebhookName, Delivery[]>> {
    const deliveries = [...timelines.values()].flat().flatMap((event) => event.deliveries)
    const logs = new Map<WebhookName, Delivery[]>()
    for (const [name, id] of this.#ids) {
      if (name === 'deleted') continue
      const owed = deliveries.filter(({ webhook_id }) => webhook_id === id)
      for (let tries = 1; tries <= 3; tries += 1) {
        const log = await this.#log(id)
        logs.set(name, log)
        const inLog = new Map(log.map((each) => [each.id, each.status]))
        if (owed.every((each) => inLog.get(each.id) === each.status)) break
        await wait(6_000)
      }
    }
    return logs
  }

  async #log(webhookId: string): Promise<Delivery[]> {
    const all: Delivery[] = []
    let cursor = ''
    for (;;) {
      const path = `/v1/webhooks/${webhookId}/deliveries?limit=250${cursor}`
      const { status, body } = await this.#relay.ask('GET', path)
      if (status !== 200) throw new Error(`the log of ${webhookId} was answered ${status}`)
      const page = body as { data: Delivery[]; next_cursor: string | null }
      all.push(...page.data)
      if (page.next_cursor === null) return all
      cursor = `&cursor=${page.next_cursor}`
    }
  }

  #say(startedMs: number): void {
    const answered = this.#receivers.seen.filter(({ answer }) => answer === 200).length
    const s = Math.round((nowMs() - startedMs) / 1_000)
    console.log(
      `${s} s: ${this.#acks.size}/${this.#plan.events.length} events acknowledged, ${answered} deliveries answered 200, ${this.#relay.kills.length} kills`,
    )
  }
}

interface Answer {
  status: number
  id: string
  position: number
  duplicate: boolean
}

/** Does something for each, a few at a time. */
async function inTurns<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const item of left) await each(item)
  }
  await Promise.all(Array.from({ length: ASKING_AT_ONCE }, worker))
}
