/**
 * The relay under kills. One run for all promises: it posts by a plan, kills `npm start` at random moments,
 * changes the webhooks' status meanwhile, and then holds what everybody saw against each promise.
 *
 * `npm run test:crash` is the full form, `CRASH_FORM=short npm run test:crash` the one for CI, and
 * `CRASH_SEED=… npm run test:crash` makes the plan of an earlier run again. `CRASH_EVIDENCE=file` keeps what was
 * seen.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stateDir } from '../e2e/relay-process.ts'
import { Checks } from './checks.ts'
import { D1Switch } from './d1.ts'
import { FORMS, planOf } from './plan.ts'
import { Receivers } from './receivers.ts'
import { KilledRelay } from './relay.ts'
import { carryOut, type Evidence } from './run.ts'
import { ATTEMPTS_BY } from './settings.ts'

const form = process.env['CRASH_FORM'] === 'short' ? FORMS.short : FORMS.full
const seed = process.env['CRASH_SEED'] ?? randomBytes(4).toString('hex')

/**
 * Where there is a RAM disk the state lives there. A SIGKILL takes nothing from either that was written; but the
 * embedded stores wait for the disk at every commit, and how long that is on a shared machine is not the question.
 */
const RAM_DISK = '/dev/shm'

let evidence: Evidence
let checks: Checks
let stoppedQueries = 0
const ended = new AsyncDisposableStack()

beforeAll(async () => {
  const plan = planOf(seed, form)
  console.log(
    `CRASH_SEED=${seed} (plan ${plan.digest}): ${plan.events.length} events, ${form.calls} calls, ${form.kills} kills`,
  )
  const state = ended.use(await stateDir(existsSync(RAM_DISK) ? RAM_DISK : tmpdir()))
  const receivers = ended.adopt(await Receivers.start(seed), (each) => each.stop())
  const d1 = ended.adopt(await D1Switch.start(), (each) => each.stop())
  const relay = ended.adopt(new KilledRelay(state.path, d1.root), (each) => each.end())
  evidence = await carryOut(plan, relay, receivers, d1)
  stoppedQueries = d1.stopped
  checks = new Checks(evidence)
  const file = process.env['CRASH_EVIDENCE']
  if (file !== undefined) {
    const asJson = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value)
    await writeFile(file, JSON.stringify(evidence, asJson))
  }
  console.log(summary())
}, 590_000)

afterAll(() => ended.disposeAsync())

/** The first few offenders, so that a failure says what happened and not everything that happened. */
function none(offenders: readonly string[]): void {
  expect(offenders.slice(0, 10), `CRASH_SEED=${seed}: ${offenders.length} in all`).toEqual([])
}

test('the run was as planned: kills, changes, and every kind of fault', () => {
  const { plan, kills, changes, seen } = evidence
  expect(kills).toHaveLength(plan.form.kills)
  expect(changes.filter(({ action }) => action === 'pause')).toHaveLength(plan.form.pauses)
  expect(changes.filter(({ action }) => action === 'disable')).toHaveLength(plan.form.disables)
  expect(changes.filter(({ action }) => action === 'delete')).toHaveLength(1)
  const answersOf = (webhook: string): Set<unknown> =>
    new Set(seen.filter((each) => each.webhook === webhook).map(({ answer }) => answer))
  expect(answersOf('fails')).toContain(500)
  expect(answersOf('hangs')).toContain('left')
  expect(answersOf('closes')).toContain('closed')
  expect(answersOf('limits')).toContain(429)
  const vias = new Set(checks.stories.flatMap(({ delivery }) => delivery.attempts.map(({ via }) => via)))
  // A shard that makes all attempts itself has connections for all of them, and no use for the queue.
  expect([...vias].sort(), 'each way an attempt can go').toEqual(
    ATTEMPTS_BY === 'invocation' ? ['inline', 'queue'] : ['inline'],
  )
  expect(evidence.acks.size).toBe(plan.events.length)
})

test('every post is answered as the contract has it, and a repeat is known as one', () => {
  none(checks.acknowledged())
})

test('while D1 is out events are taken and delivered', () => {
  const { plan, d1Outages, acks, seen } = evidence
  expect(d1Outages).toHaveLength(plan.form.d1Outages)
  expect(stoppedQueries, 'and it was out').toBeGreaterThan(0)
  for (const { fromMs, untilMs } of d1Outages) {
    const isInside = (ms: number): boolean => ms > fromMs && ms < untilMs
    const taken = [...acks.values()].filter((ack) => isInside(ack.firstSentMs) && isInside(ack.ackedMs))
    const delivered = seen.filter(
      ({ answer, startedMs, endedMs }) => answer === 200 && isInside(startedMs) && isInside(endedMs),
    )
    expect(taken.length).toBeGreaterThan(10)
    expect(delivered.length).toBeGreaterThan(10)
  }
})

test('every acknowledged event is delivered to each webhook that wants it, or its end is on record', () => {
  none(checks.nothingLost())
})

test('each end is one that the receiver, the schedule or a change accounts for', () => {
  none(checks.endsAreTrue())
})

test('each event has its place, and only what came after its window is late', () => {
  none(checks.placesAreRight())
})

test("no webhook gets a call's events out of order", () => {
  none(checks.inOrder())
})

test("no webhook gets two of a call's events at once", () => {
  none(checks.noOverlap())
})

test('nothing starts once a pause, disable or delete has returned', () => {
  none(checks.nothingForbidden())
})

test('what a receiver took it gets again only if it was in flight at a kill', () => {
  none(checks.repeats().unexplained)
})

test('the delivery log agrees with what the receivers saw', () => {
  none(checks.logAgrees())
})

test('the timelines have each attempt that was seen, with its answer', () => {
  none(checks.attemptsAgree())
})

function summary(): string {
  const { plan, kills, changes, seen, figures } = evidence
  const ends = Map.groupBy(checks.stories, ({ delivery }) => delivery.status)
  const { atKills, afterTimeouts, unexplained } = checks.repeats()
  const s = (ms: number): string => `${Math.round(ms / 1_000)} s`
  const posts = plan.posters.flat()
  return [
    `events: ${evidence.acks.size} over ${plan.form.calls} calls, in ${posts.length} posts with ${posts.flat().length - plan.events.length} repeats`,
    `kills: ${kills.length}, up again after ${s(Math.max(...kills.map(({ atMs, readyMs }) => readyMs - atMs)))} at most; status changes: ${changes.length}`,
    `deliveries: ${checks.stories.length} (${[...ends].map(([status, each]) => `${each.length} ${status}`).join(', ')}) by ${seen.length} requests`,
    `in flight at a kill: ${checks.inFlight()} requests; taken and sent again: ${atKills} of them, ${afterTimeouts} after a timeout on record, ${unexplained.length} others`,
    `time: posting ${s(figures.postedMs)}, draining ${s(figures.drainedMs)}, reading the logs ${s(figures.readMs)}`,
  ].join('\n')
}
