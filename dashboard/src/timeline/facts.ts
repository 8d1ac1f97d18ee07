/** All that is known of what one points at or stands on. Pure. */
import { strings } from '../strings.ts'
import type { CallDelivery, CallEvent } from './call.ts'
import { durationText } from '../ui/duration.ts'
import { attemptText, notesOf, waitText } from './rows.ts'
import type { Stop } from './stops.ts'
import { plain, when, type Facts, type Line, type Told } from './told.ts'
import { behindIt, foldFacts, gapFacts, waitFacts } from './wait-facts.ts'

const words = strings.call.card

/** @returns null if what it was is gone */
export function factsOf(stop: Stop, told: Told): Facts | null {
  const { what } = stop
  if (what.kind === 'fold') return foldFacts(stop, what.isOpen, told)
  if (what.kind === 'wait') return waitFacts(stop, what, told)
  const event = told.events.find(({ id }) => id === stop.eventId)
  if (event === undefined) return null
  switch (what.kind) {
    case 'event':
      return eventFacts(event, told)
    case 'gap':
      return gapFacts(event, told)
    case 'attempt':
    case 'under_way':
    case 'end': {
      const delivery = event.deliveries.find(({ id }) => id === stop.deliveryId)
      return delivery === undefined ? null : deliveryFacts(delivery, stop, event, told)
    }
  }
}

function eventFacts(event: CallEvent, { events, nowMs, instants }: Told): Facts {
  return {
    title: words.event(event.position, event.trigger.replaceAll('_', ' ')),
    lines: [
      when(words.arrived(instants.at(event.receivedMs))),
      ...(event.occurredMs === null ? [] : [when(words.happened(instants.at(event.occurredMs)))]),
      ...notesOf(event, events, nowMs).map(plain),
      plain(words.deliveries(event.deliveries.length)),
      ...(event.skipped.length === 0 ? [] : [plain(strings.call.skipped(event.skipped.length))]),
    ],
  }
}

/** What it waited for and what was sent, in the order of time; what one stands on is marked, and has its times. */
function deliveryFacts(delivery: CallDelivery, stop: Stop, event: CallEvent, told: Told): Facts {
  const { webhook_name, status, waits, attempts, completedMs, next_attempt_at } = delivery
  const { nowMs, instants } = told
  const story = [
    ...waits.map((wait) => ({ fromMs: wait.fromMs, lines: [plain(waitText(wait, nowMs))] })),
    ...attempts.map((each) => {
      const line = words.attempt(attemptText(each))
      const lines = [here(line), when(instants.range(each.startedMs, each.endedMs))]
      return { fromMs: each.startedMs, lines: each.id === stop.id ? lines : [plain(line)] }
    }),
  ].sort((a, b) => a.fromMs - b.fromMs)
  return {
    title: words.delivery(
      event.position,
      webhook_name ?? strings.call.sentence.deleted,
      strings.deliveryStatuses[status],
    ),
    lines: [
      ...story.flatMap(({ lines }) => lines),
      ...(stop.what.kind === 'under_way' ? [here(words.isUnderWay)] : []),
      ...(stop.what.kind === 'end' ? [] : behindIt(delivery, stop, told)),
      ...(next_attempt_at === null ? [] : [when(words.next(instants.at(Date.parse(next_attempt_at))))]),
      ...(completedMs === null
        ? []
        : [
            when(words.ended(instants.at(completedMs))),
            plain(words.took(durationText(completedMs - event.receivedMs))),
          ]),
    ],
  }
}

function here(text: string): Line {
  return { text: words.here(text), look: 'here' }
}
