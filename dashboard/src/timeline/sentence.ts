/** The sentence over a call's timeline: what a support engineer says first. Pure. */
import { strings } from '../strings.ts'
import { isOpen, underWaySince, type Call, type CallDelivery, type Status } from './call.ts'
import { durationText } from '../ui/duration.ts'

const words = strings.call.sentence

export interface Sentence {
  readonly text: string
  /** What it is about, for a mark beside it: the text alone says it, too. */
  readonly tone: 'good' | 'waiting' | 'bad' | 'quiet'
}

/** @param isWhole whether all pages of the call have been read */
export function sentenceOf({ events }: Pick<Call, 'events'>, isWhole: boolean): Sentence {
  const deliveries = events.flatMap((event) => event.deliveries)
  const webhooks = new Set(deliveries.map(({ webhook_id }) => webhook_id))
  const came = (isWhole ? words.events : words.firstEvents)(events.length)
  const waiting = events.filter(({ released_at }) => released_at === null)
  const gaps = waiting.length === 0 ? [] : [words.gap(namesOf(waiting))]
  if (deliveries.length === 0) {
    return {
      text: sentence([[came, ...gaps, ...(gaps.length > 0 ? [] : [words.nobody(events.length)])]]),
      tone: gaps.length > 0 ? 'waiting' : 'quiet',
    }
  }
  const late = events.filter((event) => event.late)
  const bad = BAD.flatMap((status) => standing(deliveries, status))
  const open = [...underWay(deliveries), ...standing(deliveries, 'held'), ...gaps]
  return {
    text: sentence([
      [came, words.webhooks(webhooks.size), ...bad, ...open, ...whole(deliveries, bad, open, late.length)],
      late.length === 0 ? [] : [words.late(namesOf(late))],
      retried(deliveries),
      slowest(deliveries),
    ]),
    tone: bad.length > 0 ? 'bad' : isOpen({ events }) ? 'waiting' : 'good',
  }
}

const BAD = ['failed', 'expired', 'discarded'] as const

function standing(
  deliveries: readonly CallDelivery[],
  status: Exclude<Status, 'pending' | 'succeeded'>,
): string[] {
  const those = deliveries.filter((delivery) => delivery.status === status)
  return those.length === 0 ? [] : [words[status](those.length, namesOfWebhooks(those))]
}

function underWay(deliveries: readonly CallDelivery[]): string[] {
  const pending = deliveries.filter(({ status }) => status === 'pending')
  const now = pending.filter((delivery) => underWaySince(delivery) !== null)
  const rest = pending.length - now.length
  return [
    ...(now.length === 0 ? [] : [words.underWay(now.length, namesOfWebhooks(now))]),
    ...(rest === 0 ? [] : [words.waiting(rest)]),
  ]
}

function whole(
  deliveries: readonly CallDelivery[],
  bad: readonly string[],
  open: readonly string[],
  late: number,
): string[] {
  if (bad.length === 0 && open.length === 0) return [late === 0 ? words.allInOrder : words.all]
  const delivered = deliveries.filter(({ status }) => status === 'succeeded').length
  return [delivered === 0 ? words.noneDelivered : words.some(delivered, deliveries.length)]
}

function retried(deliveries: readonly CallDelivery[]): string[] {
  const times = new Map<string, number>()
  for (const delivery of deliveries) {
    const again = delivery.attempts.length - 1
    if (again > 0) times.set(nameOf(delivery), (times.get(nameOf(delivery)) ?? 0) + again)
  }
  const sorted = [...times].sort((a, b) => b[1] - a[1])
  const [first, second, ...others] = sorted
  if (first === undefined) return []
  const said = words.retried(...first)
  if (second === undefined) return [said]
  if (others.length === 0) return [`${said} ${words.retriedToo(...second)}`]
  return [said, words.retriedOthers(others.length + 1)]
}

function slowest(deliveries: readonly CallDelivery[]): string[] {
  const longestMs = Math.max(
    -1,
    ...deliveries.flatMap(({ attempts }) => attempts.map((each) => each.duration_ms)),
  )
  return longestMs < 0 ? [] : [words.slowest(durationText(longestMs))]
}

function nameOf({ webhook_name }: CallDelivery): string {
  return webhook_name ?? words.deleted
}

function namesOfWebhooks(deliveries: readonly CallDelivery[]): string {
  const names = [...new Set(deliveries.map(nameOf))]
  const [first = '', second] = names
  if (second === undefined) return first
  return names.length === 2 ? words.two(first, second) : words.more(first, names.length - 1)
}

function namesOf(events: readonly { position: number }[]): string {
  const [first, second] = events
  if (first === undefined) return ''
  if (second === undefined) return `#${first.position}`
  return events.length === 2
    ? words.two(`#${first.position}`, `#${second.position}`)
    : words.events(events.length)
}

/** Parts of a clause with commas, clauses with semicolons; begins large. */
function sentence(clauses: readonly (readonly string[])[]): string {
  const text = clauses
    .filter((parts) => parts.length > 0)
    .map((parts) => parts.join(', '))
    .join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
