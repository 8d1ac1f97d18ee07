import type { EventTrigger } from '../catalogue/operational.ts'
import { OUTBOUND_TYPES, type OutboundType } from '../catalogue/types.ts'
import { lineKey, matches, type Filter, type Subject } from './match.ts'

type Asking = Filter & { readonly id: string }

/** Who asks for the events of one trigger. */
interface Askers {
  /** For inbound calls to any number. */
  readonly anyNumber: string[]
  /** For inbound calls to certain numbers, by `lineKey`. */
  readonly byLine: Map<string, Asking[]>
  /** For outbound calls of each type; those of no type (`null`) are asked for by whoever names none. */
  readonly outbound: Map<OutboundType | null, string[]>
}

/**
 * Finds the webhooks that asked for an event, as `matches` says, without looking at all the others: an account may
 * have thousands, and this is done for each event before it is taken.
 */
export class MatchIndex {
  readonly #byTrigger = new Map<EventTrigger, Askers>()

  constructor(webhooks: Iterable<Asking>) {
    for (const webhook of webhooks) {
      for (const trigger of new Set(webhook.triggers)) add(this.#askersOf(trigger), webhook)
    }
  }

  /** The ids of the webhooks that asked for an event, each once. */
  idsFor(event: Subject): readonly string[] {
    const askers = this.#byTrigger.get(event.trigger)
    if (askers === undefined) return []
    if (event.call_type === 'outbound') return askers.outbound.get(event.outbound_type) ?? []
    if (event.number === null || askers.byLine.size === 0) return askers.anyNumber
    const ofLine = askers.byLine.get(lineKey(event.number)) ?? []
    // A key may stand for more than one line, so each is looked at.
    const named = ofLine.filter((webhook) => matches(webhook, event)).map(({ id }) => id)
    return named.length === 0 ? askers.anyNumber : [...askers.anyNumber, ...named]
  }

  #askersOf(trigger: EventTrigger): Askers {
    const known = this.#byTrigger.get(trigger)
    if (known !== undefined) return known
    const askers: Askers = { anyNumber: [], byLine: new Map(), outbound: new Map() }
    this.#byTrigger.set(trigger, askers)
    return askers
  }
}

function add(askers: Askers, webhook: Asking): void {
  const { id, call_type, numbers, outbound_types } = webhook
  if (call_type !== 'outbound') {
    if (numbers.length === 0) askers.anyNumber.push(id)
    for (const key of new Set(numbers.map(lineKey))) push(askers.byLine, key, webhook)
  }
  if (call_type !== 'inbound') {
    const types = outbound_types.length === 0 ? [...OUTBOUND_TYPES, null] : new Set(outbound_types)
    for (const type of types) push(askers.outbound, type, id)
  }
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
