import { decodeTime, encodeTime, ulid } from 'ulid'

export type IdPrefix = 'acc' | 'key' | 'wh' | 'evt' | 'dlv' | 'atm' | 'aud' | 'rpl'

/** A ULID: 26 characters that sort by `nowMs`. `random` gives numbers in [0, 1). */
export function newUlid(nowMs: number, random: () => number): string {
  return ulid(nowMs, random)
}

/** A prefixed, sortable id such as `wh_01K…`. */
export function newId(prefix: IdPrefix, nowMs: number, random: () => number): string {
  return `${prefix}_${newUlid(nowMs, random)}`
}

/** What every id from `ms` on is not less than: ids begin with the time. */
export function earliestId(prefix: IdPrefix, ms: number): string {
  return `${prefix}_${encodeTime(Math.max(0, Math.floor(ms)))}`
}

/** Cryptographic randomness in the shape of `Math.random`, so that ids cannot be guessed. */
export function secureRandom(): number {
  const word = new Uint32Array(1)
  crypto.getRandomValues(word)
  return (word[0] ?? 0) / 2 ** 32
}

const ULID_LENGTH = 26
const DELIVERY_ID = /^dlv_([0-9A-HJKMNP-TV-Z]{26})([0-9A-HJKMNP-TV-Z]{26})$/

/**
 * The id of an event's delivery to a webhook: the event's ULID, then the webhook's. It is derived, so a repeat
 * after a crash has the same id, and it sorts by the event's arrival.
 */
export function deliveryId(eventUlid: string, webhookId: string): string {
  return `dlv_${eventUlid}${webhookId.slice('wh_'.length)}`
}

/** When the event of a delivery arrived (ms since epoch). */
export function timeOfDelivery(id: string): number {
  return decodeTime(id.slice('dlv_'.length).slice(0, ULID_LENGTH))
}

/** The webhook that a delivery id names, or null where it is not a delivery id. */
export function webhookOfDelivery(id: string): string | null {
  const match = DELIVERY_ID.exec(id)
  return match?.[2] === undefined ? null : `wh_${match[2]}`
}

/** The ULID of the event that a delivery id names, or null where it is not a delivery id. */
export function eventUlidOfDelivery(id: string): string | null {
  return DELIVERY_ID.exec(id)?.[1] ?? null
}
