import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface FloodPlan {
  url: string
  key: string
  name: string
  trigger: string
  calls: number
  /** Events of the nth call. */
  eventsPerCall: number[]
  /** Events in one request; 1 posts them singly. */
  batch: number
  /** Requests that are out at once. */
  lanes: number
  /** Events a second at most, or null for as fast as they are accepted. */
  pace: number | null
}

export interface Flooded {
  startedMs: number
  endedMs: number
  accepted: number
  refused: number
  /** The longest that one request took. */
  slowestMs: number
}

/** The events of a flood: every call's first, then every call's second, and so on, as live calls would mix. */
export function floodEvents(plan: Pick<FloodPlan, 'name' | 'trigger' | 'calls' | 'eventsPerCall'>): object[] {
  const perCall = (call: number): number => plan.eventsPerCall[call % plan.eventsPerCall.length] ?? 1
  const events: object[] = []
  for (let n = 1; n <= Math.max(...plan.eventsPerCall); n += 1) {
    for (let call = 0; call < plan.calls; call += 1) {
      if (n <= perCall(call)) events.push(event(plan.trigger, `${plan.name}-${call}`, n))
    }
  }
  return events
}

/** A call event of the size that the catalogue's samples have. */
export function event(trigger: string, callId: string, n: number): object {
  return {
    trigger,
    call_id: callId,
    call_type: 'inbound',
    id: `${callId}-${n}`,
    number: '+918069010148',
    variables: {
      uuid: callId,
      call_to_number: '918069010148',
      caller_id_number: '919812345678',
      start_stamp: '2021-08-09 17:58:44',
      answered_agent: { id: '10001', name: 'Asha', number: '+919800000001' },
      billing_circle: { operator: 'Example', circle: 'Delhi' },
      call_flow: [
        { type: 'init', value: 'Start', time: 1628512124 },
        { type: 'Agent', dialst: 'ANSWER', time: 1628512130 },
      ],
    },
  }
}

/**
 * Posts a flood from a process of its own, and returns when the last of it has been answered.
 * @param mostMs after which no more is posted
 */
export async function flood(plan: FloodPlan, mostMs: number): Promise<Flooded> {
  const child = fork(join(import.meta.dirname, 'flood.ts'), [JSON.stringify(plan)])
  const enough = setTimeout(() => child.send('enough'), mostMs)
  const [result] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the flood ended with ${String(code)}`))),
  ])) as [Flooded] // safe: the one thing that flood.ts sends
  clearTimeout(enough)
  return result
}
