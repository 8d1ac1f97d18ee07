import { isJsonObject, isRawNumber, parseJson, type Json } from '../lib/json.ts'
import type { IncomingEvent, StoredEvent } from '../contracts/events.ts'

/** Whether an event that came with a known id is the same event again. The order of keys does not matter. */
export function sameEvent(known: StoredEvent, knownVariables: string, incoming: IncomingEvent): boolean {
  return (
    known.trigger === incoming.trigger &&
    known.call_type === incoming.call_type &&
    known.outbound_type === incoming.outbound_type &&
    known.number === incoming.number &&
    known.sequence === incoming.sequence &&
    known.occurred_at === incoming.occurred_at &&
    (knownVariables === incoming.variables ||
      sameJson(parseJson(knownVariables), parseJson(incoming.variables)))
  )
}

function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (isRawNumber(a) && isRawNumber(b)) return a.rawJSON === b.rawJSON
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => sameJson(each, b[index]))
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  )
}
