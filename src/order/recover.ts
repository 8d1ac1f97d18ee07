import type { DeliveryStatus } from '../contracts/deliveries.ts'
import type { StoredEvent } from '../contracts/events.ts'
import { UNORDERED_WINDOW, newLane, type Item, type Lane, type Open } from './lane.ts'

/** A delivery's row, as far as its lane has to know of it. */
export interface DeliveryRow {
  readonly seq: number
  readonly status: DeliveryStatus
  /** As the lane had it; null if it has ended, or if the lane had not come to it yet. */
  readonly open: Open | null
  readonly attempts: number
  readonly completedMs: number | null
  readonly writtenMs: number
}

export interface RecoverTerms {
  /** After the newest row that an attempt follows from it starts within this (ms), or not without a row of its own. */
  readonly startMs: number
  /** The same for the mark of starts, and for a row that says that it is claimed (ms). */
  readonly claimStartMs: number
  /** When deliveries without such a row may last have been begun late, as the mark of starts says (ms since epoch). */
  readonly startedMs: number
  /** By so long after its start (ms) an attempt has ended, whoever makes it. */
  readonly attemptMs: number
  readonly ordering: 'per_call' | 'none'
  /** Of events before this number nothing is owed but what a row tells: their ended deliveries have no rows any more. */
  readonly floor: number
  readonly maxAgeMs: number | null
  /** Greater than any token that was ever given. */
  readonly serial: number
}

/**
 * A webhook's lane in a call, made again from rows after a restart or a rest. What was in memory alone are attempts that
 * may be under way: each is taken to be, until it must have ended, and counts. That is what keeps an attempt from
 * overlapping with one of a former life of the shard, and what a loop of crashes uses up the schedule by.
 * @param events the call's released events that the webhook asked for, by rank
 * @param rows its rows, by the number of the event
 */
export function recoverLane(
  webhookId: string,
  events: readonly StoredEvent[],
  rows: ReadonlyMap<number, DeliveryRow>,
  terms: RecoverTerms,
): { lane: Lane; backlog: Item[] } {
  const room = terms.ordering === 'per_call' ? 1 : UNORDERED_WINDOW
  const open: Open[] = []
  let backlog: Item[] = []
  let cursor = (events[0]?.rank ?? 1) - 1
  let heldTo = 0
  let endedMs = 0
  let own = 0
  let isAnyHeld = false
  let isAnyFree = false
  const untried = (item: Item): Open => {
    const expiresMs = terms.maxAgeMs === null ? null : item.bornMs + terms.maxAgeMs
    return { ...item, expiresMs, ...UNTRIED, manual: false }
  }
  // A lane opens its deliveries in order: all before one that it had opened were open too, whatever their rows say.
  const opened = (rank: number): void => {
    open.push(...backlog.map(untried))
    own += backlog.length
    backlog = []
    cursor = rank
  }
  for (const event of events) {
    const rank = event.rank ?? 0
    const row = rows.get(event.seq)
    if (row?.status === 'held') {
      heldTo = rank
      isAnyHeld = true
    }
    if (row !== undefined && row.open !== null) {
      opened(rank)
      // One that is made again by hand had ended before, and the lane has gone on since.
      if (row.open.manual) endedMs = Math.max(endedMs, row.writtenMs)
      else own += 1
      open.push(inDoubt(row, row.open, terms))
      isAnyFree ||= row.status !== 'held'
      continue
    }
    const isOver =
      row === undefined ? event.seq < terms.floor : row.status !== 'held' && row.status !== 'pending'
    if (isOver) {
      opened(rank)
      endedMs = Math.max(endedMs, row?.completedMs ?? row?.writtenMs ?? 0)
      continue
    }
    const item: Item = { rank, seq: event.seq, bornMs: event.received_at }
    // Its turn had come, and no row says that it is held: it may have started.
    if (row === undefined && own + backlog.length < room) {
      opened(rank)
      own += 1
      const followsMs = Math.max(event.released_at ?? event.received_at, room === 1 ? endedMs : 0)
      open.push(doubtful(untried(item), followsMs, terms))
      isAnyFree = true
      continue
    }
    backlog.push(item)
  }
  // In case that the clock was set back.
  const given = open.map(({ stand }) =>
    stand.kind === 'flight' || stand.kind === 'queued' ? stand.token : 0,
  )
  const lane = newLane(webhookId, cursor, Math.max(terms.serial, ...given))
  return { lane: { ...lane, open, room, held: isAnyHeld && !isAnyFree, heldTo }, backlog }
}

const UNTRIED = { attempts: 0, excused: 0, turnMs: null, sends: 0, stand: { kind: 'ready' } } as const

/** An open delivery as its row has it, or under way if an attempt may follow from that row without one of its own. */
function inDoubt(row: DeliveryRow, open: Open, terms: RecoverTerms): Open {
  const { stand } = open
  switch (stand.kind) {
    case 'flight': {
      const sinceMs = Math.max(row.writtenMs, terms.startedMs)
      const untilMs = sinceMs + terms.claimStartMs + terms.attemptMs
      return { ...open, stand: { ...stand, sinceMs: row.writtenMs, untilMs } }
    }
    case 'waiting': {
      const mayHaveStarted = row.status !== 'held' && stand.atMs <= row.writtenMs + terms.startMs
      return mayHaveStarted ? doubtful(open, row.writtenMs, terms) : open
    }
    case 'ready':
      return row.status === 'held' ? open : doubtful(open, row.writtenMs, terms)
    case 'queued':
      return open
  }
}

/** @param followsMs when the row was written that it follows from (ms since epoch) */
function doubtful(open: Open, followsMs: number, terms: RecoverTerms): Open {
  const begunMs = Math.max(followsMs + terms.startMs, terms.startedMs + terms.claimStartMs)
  const untilMs = begunMs + terms.attemptMs
  return {
    ...open,
    attempts: open.attempts + 1,
    stand: { kind: 'flight', token: doubtfulToken(open.rank), sinceMs: followsMs, untilMs, probe: false },
  }
}

/** The token of a claim of which nothing is known but that it may be under way. No claim that a lane makes has it. */
export function doubtfulToken(rank: number): number {
  return -rank
}
