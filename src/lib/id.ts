import { decodeTime, encodeTime, ulid } from 'ulid'

export type IdPrefix = 'acc' | 'key' | 'wh' | 'evt' | 'dlv' | 'atm' | 'aud' | 'rpl' | 'ses' | 'lnk'

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

/** What every ULID from `ms` on is not less than. */
export function earliestUlid(ms: number): string {
  return encodeTime(Math.max(0, Math.floor(ms)))
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
export function deliveryId(event: string, webhookId: string): string {
  return `dlv_${event}${webhookId.slice('wh_'.length)}`
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

/**
 * The ULID of an event: its time, then its shard and its number there, then 32 random bits. So a delivery's id says
 * where to look, and no index has to be kept (and billed) to find it.
 * @param seq the event's number in its shard, under 2^40
 */
export function eventUlid(nowMs: number, shard: number, seq: number, random: () => number): string {
  const place = base32(shard, 2) + base32(seq, 8) + base32(Math.floor(random() * 2 ** 30), 6)
  return encodeTime(Math.max(0, Math.floor(nowMs))) + place
}

/** Where a delivery is: in which shard of the account, under which event, to which webhook. */
export interface DeliveryPlace {
  readonly shard: number
  readonly seq: number
  readonly webhookId: string
}

/** The place that a delivery id names, or null if it is not a delivery id. */
export function placeOfDelivery(id: string): DeliveryPlace | null {
  const match = DELIVERY_ID.exec(id)
  if (match?.[1] === undefined || match[2] === undefined) return null
  const shard = unbase32(match[1].slice(TIME_LENGTH, TIME_LENGTH + 2))
  const seq = unbase32(match[1].slice(TIME_LENGTH + 2, TIME_LENGTH + 10))
  return { shard, seq, webhookId: `wh_${match[2]}` }
}

/** An attempt's id: by the time that it started, then by its delivery and number. Derived, so nothing stores it. */
export function attemptId(delivery: string, number: number, startedMs: number): string {
  const [, event = '', webhook = ''] = DELIVERY_ID.exec(delivery) ?? []
  return `atm_${encodeTime(Math.max(0, startedMs))}${event.slice(-9)}${webhook.slice(-4)}${base32(number, 3)}`
}

const TIME_LENGTH = 10
/** Crockford's, as a ULID has it. */
const BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

function base32(value: number, length: number): string {
  let text = ''
  let left = value
  for (let digit = 0; digit < length; digit += 1) {
    text = (BASE32[left % 32] ?? '0') + text
    left = Math.floor(left / 32)
  }
  return text
}

function unbase32(text: string): number {
  let value = 0
  for (const digit of text) value = value * 32 + BASE32.indexOf(digit)
  return value
}
