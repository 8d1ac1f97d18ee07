import type { Env } from '../contracts/env.ts'
import type { AttemptReport, AttemptResult, Job } from '../contracts/jobs.ts'
import type { ShardApi } from '../contracts/shard.ts'
import { report as reportFailure } from '../lib/failure.ts'
import { settingsOf, type EncryptionKeys } from '../lib/settings.ts'
import { shardOf } from '../contracts/stub.ts'
import { attemptTerms, startAttempt, type AttemptTerms } from './attempt.ts'
import { knownDestination, openDestination } from './destination.ts'
import { contextOf } from './event.ts'

/** An attempt starts at most this long (ms) after its maker asked for it: by then it may have been forbidden. */
const START_MS = 250
/** Connections that an invocation may have open at a time. */
const MOST_OUT = 6
/** After its answer an invocation has 30 s. What it takes on has to end within this (ms), and be reported. */
const LIFETIME_MS = 28_000
/** It goes on with what it is handed for no longer than this (ms). */
const HANDED_MS = 25_000
/** When a report that failed is told again (ms after): an object that is restarted, for a deploy say, is back soon. */
const TELL_AGAIN_MS = [200, 1_000] as const

/** What makes an attempt of a job, whoever makes it. */
export interface JobTerms {
  readonly encryptionKeys: EncryptionKeys
  readonly attempt: AttemptTerms
}

/** The terms of the jobs of one invocation, whose timers are in there. */
export function jobTerms(env: Env): JobTerms {
  const settings = settingsOf(env)
  return { encryptionKeys: settings.encryptionKeys, attempt: attemptTerms(settings) }
}

/**
 * Makes the attempt of a job, unless it is too late for it. What goes wrong on our own side (a key that does not open
 * the webhook) is no attempt either. It does not throw.
 * @param askedMs when its maker asked for it, by the maker's own clock
 */
export async function makeJob(job: Job, askedMs: number, terms: JobTerms): Promise<AttemptReport> {
  try {
    const { webhook, event, variables, attempt } = job
    const destination = knownDestination(webhook) ?? (await openDestination(terms.encryptionKeys, webhook))
    const context = contextOf({
      account_id: job.account_id,
      webhook_id: webhook.id,
      attempt,
      event,
      variables,
    })
    // Nothing may be awaited between this look at the clock and the request.
    if (terms.attempt.now() - askedMs > START_MS) return reportOf(job, null)
    return reportOf(job, await startAttempt(destination, job.delivery_id, context, terms.attempt))
  } catch (error) {
    reportFailure('attempt', error)
    return reportOf(job, null)
  }
}

/** What is said of a job. Without a result it was not made, and its shard hands it out again. */
export function reportOf(job: Job, result: AttemptResult | null): AttemptReport {
  const { event, webhook, token, attempt, via } = job
  return { call_id: event.call_id, webhook_id: webhook.id, seq: event.seq, token, attempt, via, result }
}

/**
 * Tells a shard what became of jobs that it handed out. It does not throw: of what could not be told, the claims lapse,
 * and the attempts are made again.
 * @param makes the caller takes the jobs that the answer hands it
 */
export async function tell(
  env: Env,
  shard: Pick<ShardApi, 'report'>,
  place: { account_id: string; shard: number },
  reports: AttemptReport[],
  makes: boolean,
): Promise<Job[]> {
  let stub = shard
  // What a later try answered would come too long after it was asked for.
  let isFirst = true
  for (const againMs of [...TELL_AGAIN_MS, null]) {
    try {
      return await stub.report(reports, makes && isFirst)
    } catch (error) {
      reportFailure('report of attempts', error)
      if (againMs === null) break
      await scheduler.wait(againMs)
      isFirst = false
      // A stub whose object broke stays broken.
      stub = shardOf(env, place.account_id, place.shard)
    }
  }
  return []
}

/** How many of an invocation's connections are taken: it may have asked several shards, or one several times. */
export interface Connections {
  out: number
}

/**
 * Makes the attempts that a shard handed to the invocation that brought it events, and those that it hands over for
 * what became of them, for as long as there are any. To be given to `waitUntil`; it does not throw.
 * @param askedMs when the shard was asked, by this invocation's clock
 * @param connections of the invocation, whatever else it makes: a request for which none is free would start late
 */
export async function makeJobs(
  env: Env,
  shard: Pick<ShardApi, 'report'>,
  jobs: readonly Job[],
  askedMs: number,
  connections: Connections,
): Promise<void> {
  await new Maker(env, shard, jobs[0], connections).run(jobs, askedMs)
}

interface Waiting {
  readonly job: Job
  readonly askedMs: number
}

class Maker {
  readonly #env: Env
  readonly #shard: Pick<ShardApi, 'report'>
  /** The jobs of a maker are all of one shard. */
  readonly #place: { account_id: string; shard: number }
  readonly #terms: JobTerms
  readonly #makesUntilMs: number
  readonly #connections: Connections
  #waiting: Waiting[] = []
  /** What is to be told, and is by the end of this turn. */
  #made: AttemptReport[] = []
  /** Everything that is under way: attempts and reports. */
  readonly #work = new Set<Promise<void>>()

  constructor(env: Env, shard: Pick<ShardApi, 'report'>, first: Job | undefined, connections: Connections) {
    this.#env = env
    this.#shard = shard
    this.#connections = connections
    this.#place = { account_id: first?.account_id ?? '', shard: first?.shard ?? 0 }
    this.#terms = jobTerms(env)
    const handedMs = Math.min(HANDED_MS, LIFETIME_MS - settingsOf(env).deliveryTimeoutMs)
    this.#makesUntilMs = this.#now() + handedMs
  }

  /** Returns when nothing is left to do. */
  async run(jobs: readonly Job[], askedMs: number): Promise<void> {
    this.#take(jobs, askedMs)
    while (this.#work.size > 0) await Promise.race(this.#work)
  }

  #now(): number {
    return this.#terms.attempt.now()
  }

  #take(jobs: readonly Job[], askedMs: number): void {
    for (const job of jobs) this.#waiting.push({ job, askedMs })
    this.#start()
    if (this.#waiting.length > 0) this.#do(this.#giveBack(askedMs))
  }

  #start(): void {
    while (this.#connections.out < MOST_OUT) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#connections.out += 1
      this.#do(this.#make(next))
    }
  }

  async #make({ job, askedMs }: Waiting): Promise<void> {
    const made = await makeJob(job, askedMs, this.#terms)
    this.#connections.out -= 1
    this.#made.push(made)
    if (this.#made.length === 1) this.#do(this.#tellMade())
    this.#start()
  }

  /** Tells at once what comes back at the same time, and goes on with what the shard answers. */
  async #tellMade(): Promise<void> {
    await scheduler.wait(0)
    const reports = this.#made
    this.#made = []
    const askedMs = this.#now()
    const makes = askedMs < this.#makesUntilMs
    this.#take(await tell(this.#env, this.#shard, this.#place, reports, makes), askedMs)
  }

  /** Gives the jobs back that are still waiting when it is too late for them: every connection is taken. */
  async #giveBack(askedMs: number): Promise<void> {
    await scheduler.wait(Math.max(0, askedMs + START_MS + 1 - this.#now()))
    const late = this.#waiting.filter((waiting) => waiting.askedMs <= askedMs)
    if (late.length === 0) return
    this.#waiting = this.#waiting.filter((waiting) => waiting.askedMs > askedMs)
    const reports = late.map(({ job }) => reportOf(job, null))
    await tell(this.#env, this.#shard, this.#place, reports, false)
  }

  #do(work: Promise<void>): void {
    const done = work.finally(() => this.#work.delete(done))
    this.#work.add(done)
  }
}
