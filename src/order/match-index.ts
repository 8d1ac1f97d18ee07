import type { EventTrigger } from '../catalogue/operational.ts'
import { OUTBOUND_TYPES, type OutboundType } from '../catalogue/types.ts'
import type { Lines } from './line.ts'
import type { Filter, Subject } from './match.ts'

type Asking = Filter & { readonly id: string }

/** Who asks for the events of one trigger. */
interface Askers {
  /** For inbound calls to any number. */
  readonly anyNumber: string[]
  /** For inbound calls to certain numbers, by `lineOf`. */
  readonly byLine: Map<string, string[]>
  /** For outbound calls of each type; those of no type (`null`) are asked for by whoever names none. */
  readonly outbound: Map<OutboundType | null, string[]>
}

/**
 * Finds the webhooks that asked for an event, as `matches` says, without looking at all the others: an account may
 * have thousands, and this is done for each event before it is taken.
 */
export class MatchIndex {
  readonly #byTrigger = new Map<EventTrigger, Askers>()
  readonly #lines: Lines

  constructor(webhooks: Iterable<Asking>, lines: Lines) {
    this.#lines = lines
    for (const webhook of webhooks) {
      const its = new Set(webhook.numbers.map((number) => lines.of(number)))
      for (const trigger of new Set(webhook.triggers)) add(this.#askersOf(trigger), webhook, its)
    }
  }

  /** The ids of the webhooks that asked for an event, each once. */
  idsFor(event: Subject): readonly string[] {
    const askers = this.#byTrigger.get(event.trigger)
    if (askers === undefined) return []
    if (event.call_type === 'outbound') return askers.outbound.get(event.outbound_type) ?? []
    if (event.number === null || askers.byLine.size === 0) return askers.anyNumber
    const named = askers.byLine.get(this.#lines.of(event.number))
    return named === undefined ? askers.anyNumber : [...askers.anyNumber, ...named]
  }

  #askersOf(trigger: EventTrigger): Askers {
    const known = this.#byTrigger.get(trigger)
    if (known !== undefined) return known
    const askers: Askers = { anyNumber: [], byLine: new Map(), outbound: new Map() }
    this.#byTrigger.set(trigger, askers)
    return askers
  }
}

function add(askers: Askers, { id, call_type, outbound_types }: Asking, lines: ReadonlySet<string>): void {
  if (call_type !== 'outbound') {
    if (lines.size === 0) askers.anyNumber.push(id)
    for (const line of lines) push(askers.byLine, line, id)
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
