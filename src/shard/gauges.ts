import { shardGauges } from '../metrics/meter.ts'
import type { Breakers } from './breakers.ts'
import type { Calls } from './calls.ts'
import type { Waiting } from './waiting.ts'

/** Says of a shard, for the metrics, what waits in it, is held, and fails. One in which nothing does is not named. */
export function tellGauges(name: string, calls: Calls, waiting: Waiting, breakers: Breakers): void {
  const byMinute = calls.waitingByMinute()
  const healths = Object.values(breakers.unhealthy)
  const open = healths.filter((health) => health === 'open').length
  const { held } = waiting.of(null)
  if (byMinute.size === 0 && held === 0 && healths.length === 0) shardGauges.delete(name)
  else shardGauges.set(name, { held, waiting: byMinute, failing: healths.length - open, open })
}
