/**
 * A lane: one webhook's deliveries of one call, in order. Pure: (lane, what happened, now) → (lane, what to do).
 * The Call object keeps a lane for each webhook that matched, does what it says and stores it before it acts.
 *
 * An event is named by its rank, its place in the call's released order. A lane opens ranks in order and never
 * goes back, so a cursor stands for all that it has opened, however long the call is.
 */

/** Where an open delivery stands. A claim (`queued`, `flight`) lapses at `untilMs` if nobody reports on it. */
export type Stand =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly atMs: number; readonly why: Wait }
  | { readonly kind: 'queued'; readonly token: number; readonly untilMs: number }
  | Flight

/** Under way since `sinceMs`, as far as is known. `via` is not in the rows of earlier builds. */
export interface Flight {
  readonly kind: 'flight'
  readonly token: number
  readonly sinceMs: number
  readonly untilMs: number
  readonly probe: boolean
  readonly via?: Via
}

export type Via = 'inline' | 'queue' | 'manual'

/** A delivery whose attempt nobody has reported on in time: it may have reached the receiver, or never have begun. */
export interface Lost {
  readonly open: Open
  readonly flight: Flight
}

/**
 * What a delivery waits for: its `backoff`, which the end of an outage cuts short; a time that the receiver `asked`
 * for; its `turn` at the webhook's rate limit; or to ask for one, if the `line` was too long. The last three are kept,
 * whatever happens meanwhile, but that the last two come sooner when the limit is raised.
 */
export type Wait = 'backoff' | 'asked' | 'turn' | 'line'

export interface Open {
  readonly rank: number
  /** The event's number in its shard: what a disable is measured by. */
  readonly seq: number
  /** When the event arrived: what `max_age_seconds` is measured from. */
  readonly bornMs: number
  /** When it expires if it has not been delivered, or null. */
  readonly expiresMs: number | null
  readonly attempts: number
  /** How many of the attempts do not count to the schedule: probes, and those before the end of an outage or hold. */
  readonly excused: number
  /** Its turn at the rate limit (ms since epoch), where it waited for one. */
  readonly turnMs: number | null
  /** Asked for by hand after the delivery had ended: one attempt, between the lane's own. */
  readonly manual: boolean
  /** How often it was put on the queue for this attempt; a lost message waits longer each time. */
  readonly sends: number
  readonly stand: Stand
}

export interface Lane {
  readonly webhook_id: string
  /** The highest rank opened. All up to here has ended or is in `open`. */
  readonly cursor: number
  /** The token of the last claim. A report with an older one changes nothing. */
  readonly serial: number
  readonly open: readonly Open[]
  /** How many deliveries of its own it may have open, as of its last look at its webhook's ordering. */
  readonly room: number
  /** It owes deliveries that the webhook's state forbids, and waits to be woken. */
  readonly held: boolean
  /** The same of its own deliveries alone: one that was asked for by hand goes on beside them. */
  readonly resting: boolean
  /** The highest rank that was reported as held. */
  readonly heldTo: number
}

/** A matched event that the lane has not opened yet. */
export interface Item {
  readonly rank: number
  readonly seq: number
  readonly bornMs: number
}

/** What the lane has to know of its webhook, as of a read that is still valid. */
export interface Standing {
  /** `open`: active, but its breaker is open, so that only a probe or a delivery asked for by hand may start. */
  readonly status: 'active' | 'open' | 'paused' | 'disabled' | 'deleted'
  readonly ordering: 'per_call' | 'none'
  /** Deliveries of events up to this number were discarded by a disable. */
  readonly discardUpToSeq: number
  readonly maxAgeMs: number | null
}

export type EndStatus = 'expired' | 'discarded' | 'failed'

export type Action =
  /** Start an attempt: make it here (`flight` was claimed) or put it on the queue (`queued` was claimed). */
  | { kind: 'start'; open: Open; token: number; via: Via }
  | { kind: 'end'; rank: number; attempts: number; status: EndStatus }
  | { kind: 'held'; rank: number; attempts: number }

export interface Terms {
  readonly nowMs: number
  /** How long an attempt may take in all before its claim lapses. */
  readonly flightLeaseMs: number
  readonly retries: number
  /** How many deliveries may be said to have ended or to be held; the rest is for the next look. */
  readonly mostNotes: number
  /** The receiver is known to be slow: it is sent to from the queue. */
  readonly slow: boolean
  /** Takes one of the object's own connections for an attempt; false where none is free. */
  readonly takeSlot: () => boolean
}

/** The most deliveries that an unordered lane has open at once; it bounds what the lane's record can grow to. */
export const UNORDERED_WINDOW = 100
/** The same for those that were asked for by hand, in a lane of any kind. */
export const MANUAL_WINDOW = 100
/** How long a queue message may take to be claimed before it is sent again; four times longer each time. */
const QUEUE_LEASE_MS = 15_000
/** After this many messages for one attempt the queue is given up, and the call makes the attempt itself. */
const QUEUE_SENDS = 3

const UNTRIED = { attempts: 0, excused: 0, turnMs: null, sends: 0, stand: { kind: 'ready' } } as const

/** @param serial less than any token that the lane will give, and no less than any that was ever given in it */
export function newLane(webhookId: string, cursor: number, serial: number): Lane {
  return { webhook_id: webhookId, cursor, serial, open: [], room: 1, held: false, resting: false, heldTo: 0 }
}

/**
 * Goes as far as the webhook's standing allows: takes back lapsed claims, ends what is discarded or expired,
 * opens what comes next, and starts or holds it. What it takes back of attempts is `lost`.
 * @param items the matched events after the lane's cursor, by rank
 */
export function advance(
  lane: Lane,
  items: readonly Item[],
  standing: Standing,
  terms: Terms,
): { lane: Lane; actions: Action[]; lost: Lost[] } {
  const actions: Action[] = []
  const fate = (open: Open): EndStatus | null => fateOf(open, standing, terms)
  const ended = (open: Open): boolean => {
    const status = fate(open)
    if (status !== null) actions.push({ kind: 'end', rank: open.rank, attempts: open.attempts, status })
    return status !== null
  }

  const lapsed = lane.open.some((each) => hasLapsed(each, terms.nowMs))
  const lost = lapsed ? lane.open.flatMap((each) => lostOf(each, terms.nowMs)) : []
  let open = lane.open.map((each) => takeBack(each, terms.nowMs)).filter((each) => !ended(each))
  let cursor = lane.cursor
  const room = standing.ordering === 'per_call' ? 1 : UNORDERED_WINDOW
  let own = open.filter((each) => !each.manual).length
  for (const item of items) {
    if (item.rank <= cursor) continue
    if (actions.length >= terms.mostNotes) break
    const expiresMs = standing.maxAgeMs === null ? null : item.bornMs + standing.maxAgeMs
    const next: Open = { ...item, expiresMs, ...UNTRIED, manual: false }
    if (fate(next) === null && own >= room) break
    cursor = item.rank
    if (ended(next)) continue
    open.push(next)
    own += 1
  }

  const opened: Lane = { ...lane, cursor, open, room, held: false, resting: false }
  const next = standing.status === 'paused' ? opened : startDue(opened, actions, standing, terms)
  if (standing.status === 'active') return { lane: next, actions, lost }
  return { lane: hold(next, lane.held && !lapsed, items, actions, standing, terms), actions, lost }
}

/** Holds what may not start, adding to `actions` what is news of that. `was`: the lane was held, and all of it. */
function hold(
  lane: Lane,
  was: boolean,
  items: readonly Item[],
  actions: Action[],
  standing: Standing,
  terms: Terms,
): Lane {
  const mayStart = (each: Open): boolean => standing.status === 'open' && each.manual
  const idle = lane.open.filter((each) => !isClaimed(each))
  const resting = idle.filter((each) => !mayStart(each))
  const held = resting.length > 0 && !idle.some(mayStart)
  // Said once for each delivery, and again for what is open when the lane comes to be held: that is how the log and
  // the outage's backlog get to know that it waits.
  for (const { rank, attempts } of resting) {
    if (rank > lane.heldTo || (held && !was)) actions.push({ kind: 'held', rank, attempts })
  }
  for (const { rank } of resting.length > 0 ? items : []) {
    if (rank <= Math.max(lane.cursor, lane.heldTo)) continue
    if (actions.length >= terms.mostNotes) break
    actions.push({ kind: 'held', rank, attempts: 0 })
  }
  const said = actions.map((action) => (action.kind === 'held' ? action.rank : 0))
  const isResting = resting.some((each) => !each.manual)
  return { ...lane, held, resting: isResting, heldTo: Math.max(lane.heldTo, ...said) }
}

/** Starts what is due and allowed, adding to `actions`. */
function startDue(lane: Lane, actions: Action[], standing: Standing, terms: Terms): Lane {
  let { open, serial } = lane
  // A delivery asked for by hand goes before the lane's own: it belongs to an earlier place in the call.
  const byTurn = [...open].sort((a, b) => Number(b.manual) - Number(a.manual) || a.rank - b.rank)
  for (const each of byTurn) {
    if (!isDue(each, terms.nowMs)) continue
    if (standing.status !== 'active' && !each.manual) continue
    if (!hasTurn({ ...lane, open }, each)) continue
    const claimed = claim(each, serial + 1, terms)
    if (claimed === null) continue
    serial += 1
    open = open.map((other) => (other === each ? claimed.open : other))
    actions.push(claimed.action)
  }
  return { ...lane, serial, open }
}

/** Null where the attempt is for the call itself to make, and it has no connection free for it now. */
function claim(due: Open, token: number, terms: Terms): { open: Open; action: Action } | null {
  const { stand: was } = due
  const turnMs = was.kind === 'waiting' && was.why === 'turn' ? was.atMs : due.turnMs
  const open: Open = { ...due, turnMs }
  const ownOnly = open.manual || open.sends >= QUEUE_SENDS
  const own = (ownOnly || !terms.slow) && terms.takeSlot()
  if (ownOnly && !own) return null
  const via = open.manual ? 'manual' : own ? 'inline' : 'queue'
  const untilMs = terms.nowMs + QUEUE_LEASE_MS * 4 ** open.sends
  const claimed: Open = own
    ? inFlight(open, token, terms, via)
    : { ...open, sends: open.sends + 1, stand: { kind: 'queued', token, untilMs } }
  return { open: claimed, action: { kind: 'start', open: claimed, token, via } }
}

function inFlight(
  open: Open,
  token: number,
  { nowMs, flightLeaseMs }: Pick<Terms, 'nowMs' | 'flightLeaseMs'>,
  via: Via,
  isProbe = false,
): Open {
  return {
    ...open,
    attempts: open.attempts + 1,
    excused: open.excused + Number(isProbe),
    sends: 0,
    stand: { kind: 'flight', token, sinceMs: nowMs, untilMs: nowMs + flightLeaseMs, probe: isProbe, via },
  }
}

/**
 * The webhook's breaker is open and asks this lane to see whether the receiver is back: claims its first delivery
 * for one attempt. Null where there is none, it may not start yet, or no connection is free.
 */
export function probe(
  lane: Lane,
  terms: Pick<Terms, 'nowMs' | 'flightLeaseMs' | 'takeSlot'>,
): { lane: Lane; open: Open } | null {
  if (lane.open.some(isClaimed)) return null
  const own = lane.open.filter((each) => !each.manual).sort((a, b) => a.rank - b.rank)
  const isReady = (each: Open): boolean =>
    (isDue(each, terms.nowMs) || (each.stand.kind === 'waiting' && each.stand.why === 'backoff')) &&
    (each.expiresMs === null || each.expiresMs > terms.nowMs)
  const first = (lane.room === 1 ? own.slice(0, 1) : own).find(isReady)
  if (first === undefined || !terms.takeSlot()) return null
  const token = lane.serial + 1
  const open = inFlight(first, token, terms, 'inline', true)
  return {
    lane: { ...lane, serial: token, open: lane.open.map((each) => (each === first ? open : each)) },
    open,
  }
}

/**
 * A consumer has the message of `token` and is about to make the attempt.
 * Null where the claim is no longer the lane's: the message was late, or came twice, and is to be dropped.
 */
export function begin(
  lane: Lane,
  token: number,
  terms: Pick<Terms, 'nowMs' | 'flightLeaseMs'>,
): { lane: Lane; open: Open } | null {
  const queued = lane.open.find((each) => each.stand.kind === 'queued' && each.stand.token === token)
  if (queued === undefined) return null
  // Claimed while the ordering was none, and changed since: it has to wait for its turn.
  const isOutOfTurn = (each: Open): boolean =>
    each !== queued &&
    (each.stand.kind === 'flight' || (!queued.manual && !each.manual && each.rank < queued.rank))
  if (lane.room === 1 && lane.open.some(isOutOfTurn)) return null
  const open = inFlight(queued, token, terms, queued.manual ? 'manual' : 'queue')
  return { lane: { ...lane, open: lane.open.map((each) => (each === queued ? open : each)) }, open }
}

/** A claim is given its time anew: its attempt has not begun yet. Null if the claim is no longer the lane's. */
export function renew(
  lane: Lane,
  token: number,
  terms: Pick<Terms, 'nowMs' | 'flightLeaseMs'>,
): { lane: Lane; open: Open } | null {
  const claimed = lane.open.find((each) => each.stand.kind === 'flight' && each.stand.token === token)
  if (claimed?.stand.kind !== 'flight') return null
  const { nowMs, flightLeaseMs } = terms
  const stand = { ...claimed.stand, sinceMs: nowMs, untilMs: nowMs + flightLeaseMs }
  const open: Open = { ...claimed, stand }
  return { lane: { ...lane, open: lane.open.map((each) => (each === claimed ? open : each)) }, open }
}

export type Outcome =
  | { kind: 'succeeded' }
  | { kind: 'failed' }
  /** `asked`: the receiver named the time itself. */
  | { kind: 'retry'; atMs: number; asked: boolean }
  /** No request went out after all; the attempt does not count, and may start again from `atMs`. */
  | { kind: 'withdrawn'; atMs: number; why: Exclude<Wait, 'asked'> }

/**
 * Takes the report on a claim. Null where the claim is no longer the lane's (it lapsed and was taken back): the
 * report is for the log alone. `open` is the delivery as it stood, its attempts counted.
 */
export function report(
  lane: Lane,
  token: number,
  outcome: Outcome,
): { lane: Lane; open: Open; status: 'pending' | 'held' | 'succeeded' | 'failed' } | null {
  const open = lane.open.find((each) => isClaimed(each) && each.stand.token === token)
  if (open === undefined) return null
  const others = lane.open.filter((each) => each !== open)
  const keep = (next: Open): readonly Open[] => lane.open.map((each) => (each === open ? next : each))
  switch (outcome.kind) {
    case 'succeeded':
      return { lane: { ...lane, open: others }, open, status: 'succeeded' }
    case 'failed':
      return { lane: { ...lane, open: others }, open, status: 'failed' }
    case 'retry': {
      if (open.manual) return { lane: { ...lane, open: others }, open, status: 'failed' }
      const stand: Stand = {
        kind: 'waiting',
        atMs: outcome.atMs,
        why: outcome.asked ? 'asked' : 'backoff',
      }
      const status = lane.held ? 'held' : 'pending'
      return { lane: { ...lane, open: keep({ ...open, turnMs: null, stand }) }, open, status }
    }
    case 'withdrawn': {
      const { stand } = open
      const again: Open = {
        ...open,
        attempts: open.attempts - Number(stand.kind === 'flight'),
        excused: open.excused - Number(stand.kind === 'flight' && stand.probe),
        turnMs: null,
        stand: { kind: 'waiting', atMs: outcome.atMs, why: outcome.why },
      }
      // A held lane looks again, to say that this one is held as well.
      return {
        lane: { ...lane, held: false, resting: false, open: keep(again) },
        open: again,
        status: 'pending',
      }
    }
  }
}

/**
 * Takes back a claim whose message the queue did not take, or gave up. Null where the message has been claimed all
 * the same: a send may fail after the message has gone out, and then the attempt is under way.
 */
export function unqueue(lane: Lane, token: number, atMs: number): { lane: Lane; open: Open } | null {
  const queued = lane.open.find((each) => each.stand.kind === 'queued' && each.stand.token === token)
  if (queued === undefined) return null
  const open: Open = { ...queued, stand: { kind: 'waiting', atMs, why: 'backoff' } }
  const all = lane.open.map((each) => (each === queued ? open : each))
  return { lane: { ...lane, held: false, resting: false, open: all }, open }
}

/** Whether more deliveries may be asked for by hand: those of before have to be made first. */
export function takesManual(lane: Lane): boolean {
  return lane.open.filter((each) => each.manual).length < MANUAL_WINDOW
}

/** Opens an ended delivery once more, by hand. Null where it is open or its turn has not come yet. */
export function reopen(lane: Lane, item: Item, attempts: number): Lane | null {
  if (item.rank > lane.cursor || lane.open.some((each) => each.rank === item.rank)) return null
  const again: Open = { ...item, ...UNTRIED, expiresMs: null, attempts, manual: true }
  // A held lane looks again: a breaker that is open holds nothing that is asked for by hand.
  return { ...lane, held: false, open: [...lane.open, again] }
}

/**
 * What held the lane is over, or its receiver is back. It need not sit out the backoff of the outage, and what failed
 * in that does not count: else a delivery could have its last attempt in the rush of the recovery.
 */
export function wake(lane: Lane): Lane {
  const afresh = (each: Open): Open => {
    if (isClaimed(each) || each.manual) return each
    const inBackoff = each.stand.kind === 'waiting' && each.stand.why === 'backoff'
    return { ...each, excused: each.attempts, ...(inBackoff ? { stand: { kind: 'ready' } as const } : {}) }
  }
  return { ...lane, held: false, resting: false, open: lane.open.map(afresh) }
}

/** The limit of the webhook's rate was raised: whoever waits by it comes as much sooner as `sooner` says. */
export function hasten(lane: Lane, sooner: (atMs: number) => number): Lane {
  const hastened = (each: Open): Open => {
    const { stand } = each
    if (stand.kind !== 'waiting' || (stand.why !== 'turn' && stand.why !== 'line')) return each
    return { ...each, stand: { ...stand, atMs: sooner(stand.atMs) } }
  }
  return { ...lane, open: lane.open.map(hastened) }
}

/** What the lane wants its Webhook object to wake it from: the hold that it is under, or a backoff. */
export function waitsFor(lane: Lane): 'hold' | 'backoff' | null {
  if (lane.held) return 'hold'
  const inBackoff = (each: Open): boolean => each.stand.kind === 'waiting' && each.stand.why === 'backoff'
  return lane.open.some(inBackoff) ? 'backoff' : null
}

/** Whether the lane has something to do now, as far as it knows: open, start, or say that it is held. */
export function isPressing(lane: Lane, backlog: readonly Item[]): boolean {
  if (lane.held) return (backlog.at(-1)?.rank ?? 0) > lane.heldTo
  const own = lane.open.filter((each) => !each.manual).length
  return (
    (backlog.length > 0 && own < lane.room) ||
    lane.open.some((each) => each.stand.kind === 'ready' && !rests(lane, each) && hasTurn(lane, each))
  )
}

/** When the lane next has to be looked at (ms since epoch), or null where it owes nothing by the clock. */
export function dueAtMs(lane: Lane): number | null {
  const times = lane.open.flatMap((each) => {
    const expiry = each.expiresMs === null ? [] : [each.expiresMs]
    switch (each.stand.kind) {
      case 'queued':
      case 'flight':
        return [each.stand.untilMs]
      case 'waiting':
        return rests(lane, each) || !hasTurn(lane, each) ? expiry : [...expiry, each.stand.atMs]
      case 'ready':
        return expiry
    }
  })
  return times.length === 0 ? null : Math.min(...times)
}

/**
 * Whether no other delivery of the lane has to end its attempt, or end, before this one. More than one may be open
 * where they were asked for by hand, or where the ordering was changed to per_call: the first of a kind has the turn,
 * even while it waits for its time. The two kinds do not wait for each other to end.
 */
function hasTurn(lane: Lane, open: Open): boolean {
  if (lane.room > 1) return true
  const isBefore = (other: Open): boolean => other.manual === open.manual && other.rank < open.rank
  return !lane.open.some((other) => isClaimed(other) || isBefore(other))
}

function rests(lane: Lane, open: Open): boolean {
  return lane.held || (lane.resting && !open.manual)
}

export function isClaimed(open: Open): open is Open & { stand: Extract<Stand, { token: number }> } {
  return open.stand.kind === 'queued' || open.stand.kind === 'flight'
}

function isDue(open: Open, nowMs: number): boolean {
  return open.stand.kind === 'ready' || (open.stand.kind === 'waiting' && open.stand.atMs <= nowMs)
}

function hasLapsed(open: Open, nowMs: number): boolean {
  return isClaimed(open) && open.stand.untilMs <= nowMs
}

function lostOf(open: Open, nowMs: number): Lost[] {
  return open.stand.kind === 'flight' && hasLapsed(open, nowMs) ? [{ open, flight: open.stand }] : []
}

function takeBack(open: Open, nowMs: number): Open {
  return hasLapsed(open, nowMs) ? { ...open, stand: { kind: 'ready' } } : open
}

/** How an open delivery ends by itself, or null while it lives. What is in flight is never ended by this. */
function fateOf(open: Open, standing: Standing, terms: Terms): EndStatus | null {
  if (open.stand.kind === 'flight') return null
  switch (standing.status) {
    case 'disabled':
    case 'deleted':
      return 'discarded'
    case 'active':
    case 'open':
    case 'paused':
      break
  }
  if (!open.manual) {
    if (open.seq <= standing.discardUpToSeq) return 'discarded'
    if (open.expiresMs !== null && open.expiresMs <= terms.nowMs) return 'expired'
  }
  // Every attempt it had was claimed and none of the last came back: the schedule is used up.
  return open.attempts - open.excused > terms.retries && !open.manual ? 'failed' : null
}
