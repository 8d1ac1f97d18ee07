import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface SendPlan {
  /** Where events are posted. */
  url: string
  key: string
  /** At most so many connections, each with one request at a time. */
  connections: number
  /** Events a second by the clock; null: each connection posts as soon as its last answer is there. */
  perSecond: number | null
  /** Calls that are going on at a time. */
  livingCalls: number
  /** The number of the first call: a run uses each once. */
  firstCall: number
  /** Ends after this time or after so many events, whichever is first. */
  seconds: number
  events: number | null
}

/** What was sent. Times are of `nowMs`; those of an event stand at its number less that of the first call's first. */
export interface Sent {
  /** When each event was posted, NaN if it was not. */
  postedMs: Float64Array
  /** When each was answered with 202, NaN if it was not. */
  acceptedMs: Float64Array
  nextCall: number
  /** Of the first post, and when posting ended. */
  startedMs: number
  endedMs: number
  /** Answers by status that were no 202, and connections that ended before the answer. */
  refused: Record<string, number>
  cpuMs: number
}

/** Posts events from a process of its own, and returns when the last of them has been answered. */
export async function send(plan: SendPlan): Promise<Sent> {
  const child = fork(join(import.meta.dirname, 'sender.ts'), [JSON.stringify(plan)], {
    serialization: 'advanced', // Float64Arrays as they are
  })
  const [sent] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the sender ended with ${String(code)}`))),
  ])) as [Sent] // safe: the one thing that sender.ts sends
  return sent
}
