import { ageS, Counter, meter, shardGauges, type Histogram, type ShardGauges } from '../../metrics/meter.ts'

/** Prometheus' text format. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** `relay_waiting` counts what waits for longer than each of these (s). */
const AGES_S = [0, 60, 600, 3_600, 21_600]

/** All figures as Prometheus reads them. */
export function exposition(nowMs: number): string {
  const lines: string[] = []
  for (const each of Object.values(meter)) {
    if (each instanceof Counter) writeCounter(each, lines)
    else writeHistogram(each, lines)
  }
  writeGauges([...shardGauges.values()], nowMs, lines)
  return `${lines.join('\n')}\n`
}

function writeCounter({ name, help, label, values, counts }: Counter, lines: string[]): void {
  lines.push(...head(name, help, 'counter'))
  for (const [place, value] of values.entries()) {
    lines.push(`${name}${label === null ? '' : `{${label}="${value}"}`} ${counts[place] ?? 0}`)
  }
}

function writeHistogram({ name, help, bounds, counts, sum }: Histogram, lines: string[]): void {
  lines.push(...head(name, help, 'histogram'))
  let below = 0
  for (const [place, count] of counts.entries()) {
    below += count
    lines.push(`${name}_bucket{le="${bounds[place] ?? '+Inf'}"} ${below}`)
  }
  lines.push(`${name}_sum ${sum}`, `${name}_count ${below}`)
}

function writeGauges(shards: readonly ShardGauges[], nowMs: number, lines: string[]): void {
  const sum = (of: (shard: ShardGauges) => number): number => shards.reduce((all, each) => all + of(each), 0)
  const waiting = shards.flatMap((shard) => [...shard.waiting])
  const olderThan = (leastS: number): number =>
    waiting.reduce((all, [minute, count]) => all + (ageS(minute, nowMs) >= leastS ? count : 0), 0)
  const oldest = waiting.reduce((most, [minute]) => Math.max(most, ageS(minute, nowMs)), 0)
  lines.push(
    ...head('relay_waiting', 'Deliveries that wait or are under way, by what they are at least old', 'gauge'),
    ...AGES_S.map((leastS) => `relay_waiting{older_than_seconds="${leastS}"} ${olderThan(leastS)}`),
    ...head('relay_waiting_oldest_seconds', 'Age of the oldest of those, to the minute', 'gauge'),
    `relay_waiting_oldest_seconds ${oldest}`,
    ...head('relay_held', 'Deliveries that are held, of a shard 10,000 at most', 'gauge'),
    `relay_held ${sum(({ held }) => held)}`,
    ...head('relay_webhooks_unhealthy', 'Webhooks that fail, and those whose breaker is open', 'gauge'),
    `relay_webhooks_unhealthy{health="failing"} ${sum(({ failing }) => failing)}`,
    `relay_webhooks_unhealthy{health="open"} ${sum(({ open }) => open)}`,
  )
}

function head(name: string, help: string, type: 'counter' | 'gauge' | 'histogram'): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}
