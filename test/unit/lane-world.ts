import { expect } from 'vitest'
import * as lanes from '../../src/order/lane.ts'
import type { Item, Lane, Outcome, Standing, Terms } from '../../src/order/lane.ts'

/*
 * All that surrounds a lane, as far as a lane can tell: the call's events, the webhook, the queue, the receiver, the
 * log and the Webhook object. It keeps what was promised and what was seen, and never looks into the lane to know.
 */

export const TIMEOUT_MS = 10_000
const LEASE_MS = TIMEOUT_MS + 2_000
export const RETRIES = 3
/** The least of the ages that a delivery may have before it expires. */
export const LEAST_AGE_MS = 5_000

/**
 * A claim as its holder knows it. `soon`: claimed, and no request has gone out yet; `out`: it has; `lost`: it has, and
 * nobody will report on it.
 */
export interface Claimed {
  readonly rank: number
  readonly token: number
  readonly untilMs: number
  readonly manual: boolean
  readonly probe: boolean
  /** Made by the call itself, so that it is lost with it. */
  readonly inline: boolean
  /** The time between two changes of the ordering that it was claimed in. */
  readonly era: number
  readonly tries: number
  stage: 'soon' | 'out' | 'lost' | 'reported'
  /** When its request has ended at the latest, by a clock that nobody sets. */
  endsMs: number
}

export class World {
  lane: Lane = lanes.newLane('wh_1', 0, 0)
  items: Item[] = []
  nowMs = 1_000_000
  /** How far the clock has been set back in all: `nowMs` and this never go back together. */
  setBackMs = 0
  standing: Standing = { status: 'active', ordering: 'per_call', discardUpToSeq: 0, maxAgeMs: null }
  slow = false
  slots = 4
  mostNotes = 200
  /** Every claim of an attempt that was ever made, and the messages that are on the queue. */
  claims: Claimed[] = []
  messages: { rank: number; token: number }[] = []
  /** The claims that a report may still be made on: by token, until when, and whether the message is claimed. */
  readonly standingClaims = new Map<number, { rank: number; untilMs: number; flight: boolean }>()
  readonly ended = new Map<number, string>()
  /** Attempts since the start or since the lane was woken, by rank: probes are not among them. */
  readonly counted = new Map<number, number>()
  readonly attempts = new Map<number, number>()
  /** How the log lists each delivery, and the ranks that were said to be held in this hold. */
  readonly listed = new Map<number, string>()
  readonly said = new Set<number>()
  readonly reopened = new Set<number>()
  /** Whether the lane is in order, as it last read, and how often that has changed. */
  inOrder = true
  era = 0
  /** Something is in the outbox; and what the Webhook object was last told that the call waits for. */
  unsent = false
  waits: 'hold' | 'backoff' | null = null

  get terms(): Terms {
    let slots = this.slots
    return {
      nowMs: this.nowMs,
      flightLeaseMs: LEASE_MS,
      retries: RETRIES,
      mostNotes: this.mostNotes,
      slow: this.slow,
      takeSlot: () => {
        slots -= 1
        return slots >= 0
      },
    }
  }

  get backlog(): Item[] {
    return this.items.filter((item) => item.rank > this.lane.cursor)
  }

  get isHolding(): boolean {
    return this.standing.status === 'paused' || this.standing.status === 'open'
  }

  accept(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const rank = this.items.length + 1
      this.items.push({ rank, seq: rank, bornMs: this.nowMs })
    }
  }

  look(): void {
    const before = this.lane
    const said = new Set<number>()
    const terms = this.terms
    const actions = this.#lookOnce(said, terms)
    const { serial } = this.lane
    // Looking again at the same moment finds nothing more to do, but for what did not fit in the first look.
    const wasCut = actions >= this.mostNotes
    this.#lookOnce(said, terms)
    if (!wasCut) expect(this.lane.serial, 'a second look starts nothing').toBe(serial)
    const isClaimed = (rank: number): boolean =>
      [...this.standingClaims.values()].some((claim) => claim.rank === rank)
    if (this.lane.held && !lanes.isPressing(this.lane, this.backlog)) {
      for (const { rank } of this.items) {
        if (!this.isOwed(rank) || isClaimed(rank)) continue
        expect(this.listed.get(rank), `${rank} rests, and the log says so`).toBe('held')
      }
    }
    if (before.held && !this.lane.held) this.said.clear()
    if (this.standing.status === 'open' && this.reopened.size > 0) {
      const goesOn = lanes.isPressing(this.lane, this.backlog) || lanes.dueAtMs(this.lane) !== null
      expect(goesOn, 'an open breaker holds nothing that was asked for by hand').toBe(true)
    }
  }

  #lookOnce(saidNow: Set<number>, terms: Terms): number {
    const before = this.lane
    const next = lanes.advance(before, this.backlog, this.standing, terms)
    const inOrder = this.standing.ordering === 'per_call'
    if (inOrder !== this.inOrder) this.era += 1
    this.inOrder = inOrder
    let lapsed = false
    for (const [token, claim] of this.standingClaims) {
      lapsed ||= claim.untilMs <= this.nowMs
      if (claim.untilMs <= this.nowMs) this.standingClaims.delete(token)
    }
    this.lane = next.lane
    expect(next.lane.cursor, 'what was opened stays opened').toBeGreaterThanOrEqual(before.cursor)
    for (const action of next.actions) {
      switch (action.kind) {
        case 'start':
          this.#claimed(action)
          break
        case 'end':
          this.#mayEnd(action.rank, action.status)
          this.end(action.rank, action.status)
          break
        case 'held':
          expect(this.isHolding, 'only a hold is said to be one').toBe(true)
          expect(this.isOwed(action.rank), `${action.rank} is held, so it has not ended`).toBe(true)
          expect(saidNow.has(action.rank), `${action.rank} is said to be held once in a look`).toBe(false)
          if (before.held && !lapsed) {
            expect(this.said.has(action.rank), `${action.rank} is said to be held once in a hold`).toBe(false)
          }
          saidNow.add(action.rank)
          this.said.add(action.rank)
          this.listed.set(action.rank, 'held')
          this.unsent = true
          break
      }
    }
    return next.actions.length
  }

  /** A lane that ends a delivery by itself has a reason that it was given. */
  #mayEnd(rank: number, status: lanes.EndStatus): void {
    const { standing } = this
    const bornMs = this.items[rank - 1]?.bornMs ?? 0
    switch (status) {
      case 'discarded': {
        const isOver = standing.status === 'disabled' || standing.status === 'deleted'
        expect(isOver || rank <= standing.discardUpToSeq, `${rank} was discarded by a disable`).toBe(true)
        return
      }
      case 'expired':
        expect(this.nowMs - bornMs, `${rank} is too old`).toBeGreaterThanOrEqual(LEAST_AGE_MS)
        return
      case 'failed':
        expect(this.counted.get(rank), `${rank} has had its attempts`).toBeGreaterThan(RETRIES)
    }
  }

  #claimed(start: Extract<lanes.Action, { kind: 'start' }>): void {
    const { open, token, via } = start
    const { rank } = open
    const { status } = this.standing
    const manual = via === 'manual'
    expect(status === 'active' || (status === 'open' && manual), `a start while ${status}`).toBe(true)
    expect(manual, `${rank} was asked for by hand`).toBe(this.reopened.has(rank))
    if (manual && this.inOrder) {
      expect(Math.min(...this.reopened), 'the first of those asked for by hand goes first').toBe(rank)
    }
    const attempt = open.attempts + Number(via === 'queue')
    expect(attempt, 'attempts are counted').toBe((this.attempts.get(rank) ?? 0) + 1)
    if (via === 'queue') {
      const untilMs = this.untilOf(token)
      this.standingClaims.set(token, { rank, untilMs, flight: false })
      this.messages.push({ rank, token })
    } else this.flies({ rank, token, manual, probe: false, inline: true })
  }

  /** An attempt is claimed, and somebody is about to make it. */
  flies(claim: Pick<Claimed, 'rank' | 'token' | 'manual' | 'probe' | 'inline'>): void {
    const { rank, token, manual, probe } = claim
    expect(this.isOwed(rank), `${rank} starts, so it has not ended`).toBe(true)
    const counted = (this.counted.get(rank) ?? 0) + Number(!probe)
    if (!manual) expect(counted, 'no more attempts than the schedule has').toBeLessThanOrEqual(RETRIES + 1)
    this.counted.set(rank, counted)
    this.attempts.set(rank, (this.attempts.get(rank) ?? 0) + 1)
    const untilMs = this.nowMs + LEASE_MS
    this.standingClaims.set(token, { rank, untilMs, flight: true })
    const tries = Math.max(1, counted)
    this.claims.push({ ...claim, untilMs, era: this.era, tries, stage: 'soon', endsMs: 0 })
  }

  /** The last look before the request: `makeAttempt`. */
  go(claim: Claimed): void {
    const { status, discardUpToSeq } = this.standing
    const isAllowed =
      claim.manual && (status === 'active' || status === 'open')
        ? true
        : claim.rank > discardUpToSeq && (status === 'active' || (status === 'open' && claim.probe))
    if (isAllowed && !this.isTooLate(claim)) return this.#reaches(claim)
    const atMs = isAllowed ? this.nowMs + 5_000 : this.nowMs
    this.tell(claim, { kind: 'withdrawn', atMs, why: 'backoff' })
  }

  /** Whether an attempt that starts now could outlast its claim. */
  isTooLate(claim: Claimed): boolean {
    return this.nowMs + TIMEOUT_MS > claim.untilMs
  }

  /** An attempt, as the receiver sees it. */
  #reaches(claim: Claimed): void {
    const realMs = this.nowMs + this.setBackMs
    const inProgress = this.claims.filter(
      (each) => (each.stage === 'out' || each.stage === 'lost') && each.endsMs > realMs,
    )
    claim.stage = 'out'
    claim.endsMs = realMs + TIMEOUT_MS
    if (!this.inOrder || claim.era !== this.era) return
    expect(inProgress, 'deliveries of a call never overlap').toEqual([])
    if (claim.manual) return
    const before = this.items.slice(0, claim.rank - 1).filter((item) => !this.ended.has(item.rank))
    expect(before, `all before ${claim.rank} have ended when it starts`).toEqual([])
  }

  /** A report on a claim, be it the first or not. */
  tell(claim: Claimed, outcome: Outcome): void {
    const { rank, token } = claim
    const stands = this.standingClaims.delete(token)
    claim.stage = 'reported'
    const next = lanes.report(this.lane, token, outcome)
    expect(next !== null, 'a report counts if its claim stands, and once').toBe(stands)
    if (next === null) return
    this.lane = next.lane
    if (outcome.kind === 'withdrawn') {
      this.attempts.set(rank, (this.attempts.get(rank) ?? 0) - 1)
      this.counted.set(rank, (this.counted.get(rank) ?? 0) - Number(!claim.probe))
    } else if (next.status === 'succeeded' || next.status === 'failed') this.end(rank, next.status)
    else this.listed.set(rank, next.status)
    expect(next.open.attempts, 'attempts are counted').toBe(this.attempts.get(rank))
    this.unsent ||= outcome.kind !== 'withdrawn'
    expect(lanes.report(this.lane, token, outcome), 'a report that comes twice changes nothing').toBeNull()
  }

  end(rank: number, status: string): void {
    expect(this.isOwed(rank), `${rank} ends once`).toBe(true)
    for (const [token, claim] of this.standingClaims) {
      if (claim.rank !== rank) continue
      expect(claim.flight, `${rank} does not end from under its attempt`).toBe(false)
      this.standingClaims.delete(token)
    }
    this.reopened.delete(rank)
    this.ended.set(rank, status)
    this.listed.set(rank, status)
    this.unsent = true
  }

  become(status: Standing['status']): void {
    const discardUpToSeq = status === 'disabled' ? this.items.length : this.standing.discardUpToSeq
    this.standing = { ...this.standing, status, discardUpToSeq }
  }

  /** A delivery was asked for by hand, and the lane took it. */
  reopen(rank: number, lane: Lane): void {
    this.lane = lane
    this.said.clear()
    this.reopened.add(rank)
    this.listed.set(rank, 'pending')
    this.counted.set(rank, 0)
    this.unsent = true
  }

  /** Whether a delivery is still to end: the first time, or again since it was asked for by hand. */
  isOwed(rank: number): boolean {
    return !this.ended.has(rank) || this.reopened.has(rank)
  }

  /** The outbox reaches the Webhook object, which says whether what holds the lane is over already. */
  flush(): void {
    if (!this.unsent) return
    this.unsent = false
    this.waits = lanes.waitsFor(this.lane)
    if (this.waits === 'hold' && !this.isHolding) this.wake()
  }

  wake(): void {
    const isClaimed = (rank: number): boolean =>
      [...this.standingClaims.values()].some((claim) => claim.rank === rank)
    if (lanes.waitsFor(this.lane) === null) return
    this.lane = lanes.wake(this.lane)
    this.said.clear()
    for (const rank of this.counted.keys()) {
      if (!isClaimed(rank) && !this.reopened.has(rank)) this.counted.set(rank, 0)
    }
  }

  /** The queue's own lease, as the lane tells it: the first moment at which it wants to be looked at for it. */
  private untilOf(token: number): number {
    const open = this.lane.open.find((each) => each.stand.kind === 'queued' && each.stand.token === token)
    if (open?.stand.kind !== 'queued') throw new Error('a message without a claim')
    return open.stand.untilMs
  }
}
