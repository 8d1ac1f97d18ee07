/** All that is known of a wait: for what, from when to when and how long, and of a stretch that is folded. Pure. */
import { strings } from '../strings.ts'
import type { CallDelivery, CallEvent, CallWait } from './call.ts'
import { durationText } from '../ui/duration.ts'
import { plain, when, type Facts, type Line, type Told } from './told.ts'
import { missingBefore, waitedText } from './gap.ts'
import { attemptText, waitText } from './rows.ts'
import { waitersOf, type Stop, type Waiter, type What } from './stops.ts'

const words = strings.call.card
/** So many are told one by one. */
const MOST_TOLD = 5

/** From when to when. */
function whenOf(fromMs: number, untilMs: number | null, { instants }: Told): Line {
  return when(untilMs === null ? words.since(instants.at(fromMs)) : instants.range(fromMs, untilMs))
}

export function gapFacts(event: CallEvent, told: Told): Facts {
  const { events, nowMs } = told
  const { receivedMs, releasedMs, position, deliveries } = event
  const missing = missingBefore(event, events)
  const came = events.find((each) => each.position === missing)
  return {
    title: words.waits(`#${position}`, waitedText(event, events, nowMs)),
    lines: [
      whenOf(receivedMs, releasedMs, told),
      ...(missing === null ? [] : [plain(missingText(missing, came, releasedMs, told))]),
      ...(deliveries.length === 0 ? [] : [plain(words.waitWithIt(deliveries.length))]),
    ],
  }
}

/** Whether what was missing came in time. */
function missingText(
  place: number,
  came: CallEvent | undefined,
  releasedMs: number | null,
  { instants }: Told,
): string {
  if (came !== undefined && (releasedMs === null || came.receivedMs <= releasedMs))
    return words.came(place, instants.at(came.receivedMs))
  if (releasedMs === null) return words.notYet(place)
  return came === undefined ? words.wentWithout(place) : words.wentBefore(place, instants.at(came.receivedMs))
}

export function waitFacts(stop: Stop, what: Extract<What, { kind: 'wait' }>, told: Told): Facts | null {
  const waiters = waitersOf(what, stop)
  const [first, second] = waiters
  if (first === undefined) return null
  const { lane, why } = what
  if (second === undefined) {
    const { event, delivery, wait } = first
    return {
      title: words.waits(words.whose(event.position, nameOf(delivery)), waitText(wait, told.nowMs)),
      lines: [
        whenOf(wait.fromMs, wait.untilMs, told),
        ...causeOf(first, what, told),
        ...behindIt(delivery, wait, told),
      ],
    }
  }
  const isOpen = waiters.some(({ wait }) => wait.untilMs === null)
  return {
    title: words.waits(
      words.several(waiters.length, nameOf(first.delivery)),
      (isOpen ? words.haveWaited : strings.call.waited)(
        durationText(stop.untilMs - stop.fromMs),
        strings.call.waitedFor[why],
      ),
    ),
    lines: [
      whenOf(stop.fromMs, isOpen ? null : stop.untilMs, told),
      ...waiters
        .slice(0, MOST_TOLD)
        .map(({ event, wait }) =>
          plain(words.each(event.position, durationText(lengthOf(wait, told.nowMs)))),
        ),
      ...(waiters.length > MOST_TOLD ? [plain(words.more(waiters.length - MOST_TOLD))] : []),
      ...(why === 'turn' ? causeOf(first, { why, lane }, told) : []),
    ],
  }
}

function nameOf({ webhook_name }: CallDelivery): string {
  return webhook_name ?? strings.call.sentence.deleted
}

function lengthOf({ fromMs, untilMs }: CallWait, nowMs: number): number {
  return Math.max(0, (untilMs ?? nowMs) - fromMs)
}

/** What led to it, if the call tells. */
function causeOf(
  { delivery, wait }: Waiter,
  { why, lane }: Pick<Extract<What, { kind: 'wait' }>, 'why' | 'lane'>,
  { instants }: Told,
): Line[] {
  if (why === 'turn') {
    const before = lane.deliveries[lane.deliveries.indexOf(delivery) - 1]
    const event = before === undefined ? undefined : lane.events.get(before.id)
    if (before === undefined || event === undefined) return []
    const { completedMs } = before
    return [
      plain(
        completedMs === null
          ? words.behindOpen(event.position)
          : words.behind(event.position, instants.at(completedMs)),
      ),
    ]
  }
  if (why !== 'backoff' && why !== 'asked') return []
  const last = delivery.attempts.findLast(({ startedMs }) => startedMs <= wait.fromMs)
  if (last === undefined) return []
  return [plain((why === 'asked' ? words.askedBy : words.after)(attemptText(last)))]
}

/** Who of the same webhook waits for its turn meanwhile. */
export function behindIt(
  { id, webhook_id }: CallDelivery,
  { fromMs, untilMs }: Pick<CallWait, 'fromMs' | 'untilMs'>,
  { events }: Told,
): Line[] {
  const isBehind = (delivery: CallDelivery): boolean =>
    delivery.webhook_id === webhook_id &&
    delivery.id !== id &&
    delivery.waits.some(
      (wait) =>
        wait.why === 'turn' && wait.fromMs < (untilMs ?? Infinity) && (wait.untilMs ?? Infinity) > fromMs,
    )
  const places = events.filter(({ deliveries }) => deliveries.some(isBehind)).map(({ position }) => position)
  return places.length === 0 ? [] : [plain(words.waitBehind(placesText(places)))]
}

/** `#2, #3 and 4 more`. */
function placesText(places: readonly number[]): string {
  const told = places.slice(0, MOST_TOLD).map((place) => `#${place}`)
  return words.places(told.join(', '), places.length - told.length)
}

/** A fold, or a stretch that was one: how long, from when to when, and who waits meanwhile. */
export function foldFacts({ fromMs, untilMs }: Stop, isOpen: boolean, told: Told): Facts {
  const kinds = new Map<CallWait['why'], number>()
  for (const { deliveries } of told.events) {
    for (const { waits } of deliveries) {
      const wait = waits.find((each) => each.fromMs < untilMs && (each.untilMs ?? Infinity) > fromMs)
      if (wait !== undefined) kinds.set(wait.why, (kinds.get(wait.why) ?? 0) + 1)
    }
  }
  const time = durationText(untilMs - fromMs)
  return {
    title: isOpen ? words.unfolded(time) : words.folded(time),
    lines: [
      when(told.instants.range(fromMs, untilMs)),
      ...(kinds.size === 0
        ? [plain(words.nothing)]
        : [...kinds].map(([why, count]) => plain(words.waitMeanwhile(count, strings.call.waitedFor[why])))),
      plain(isOpen ? words.foldAgain : words.unfold),
    ],
  }
}
