import { parser } from '@prometheus-io/lezer-promql'
import { beforeEach, describe, expect, test } from 'vitest'
import dashboard from '../../docs/grafana/relay.json'
import { exposition } from '../../src/api/metrics/exposition.ts'
import { ERROR_AT, OUTCOME_AT, RETRIED_AT } from '../../src/contracts/stats.ts'
import { Counter, EVENT_AT, meter, shardGauges } from '../../src/metrics/meter.ts'
import { writeGauges, writePoints } from '../../src/metrics/points.ts'

const NOW_MS = Date.UTC(2026, 0, 5, 12)
const MINUTE_MS = 60_000

/** What Prometheus would read: values by name and labels, and the type of each family. */
function read(text: string): { samples: Map<string, number>; types: Map<string, string> } {
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE ([a-z_0-9]+) (counter|gauge|histogram)$/.exec(line)
    if (type !== null) types.set(type[1] ?? '', type[2] ?? '')
    if (line.startsWith('#')) continue
    const sample = /^([a-z_][a-z_0-9]*(?:\{[a-z_]+="[^"\\\n]*"\})?) (\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(line)
    expect([line, sample?.[1]]).toEqual([line, expect.any(String)])
    expect([line, samples.has(sample?.[1] ?? '')]).toEqual([line, false])
    samples.set(sample?.[1] ?? '', Number(sample?.[2]))
  }
  return { samples, types }
}

const sampleNames = (): Set<string> =>
  new Set([...read(exposition(NOW_MS)).samples.keys()].map((key) => key.split('{')[0] ?? ''))

beforeEach(() => shardGauges.clear())

describe('the metrics', () => {
  test('are in the text format, each of a type, with buckets that add up', () => {
    meter.ack.observe(0.004)
    meter.ack.observe(0.2)
    meter.ack.observe(77)
    const { samples, types } = read(exposition(NOW_MS))
    expect(types.get('relay_ack_seconds')).toBe('histogram')
    const at = (bound: string) => samples.get(`relay_ack_seconds_bucket{le="${bound}"}`)
    expect([at('0.005'), at('0.1'), at('0.25'), at('30'), at('+Inf')]).toEqual([1, 1, 2, 2, 3])
    expect(samples.get('relay_ack_seconds_count')).toBe(3)
    expect(samples.get('relay_ack_seconds_sum')).toBeCloseTo(77.204)
    for (const [name, type] of types) {
      expect(name).toMatch(type === 'counter' ? /^relay_\w+_total$/ : /^relay_\w+(?<!_total)$/)
    }
  })

  test('name outcomes and error classes as they are counted', () => {
    expect(meter.deliveries.values).toEqual(Object.keys(OUTCOME_AT))
    expect(meter.attempts.values).toEqual(['succeeded', ...Object.keys(ERROR_AT)])
    expect(Object.values(ERROR_AT).map((place) => place - RETRIED_AT)).toEqual(
      Object.keys(ERROR_AT).map((_, index) => index + 1),
    )
  })

  test('tell what waits by its age, over all shards', () => {
    const minute = NOW_MS / MINUTE_MS
    const waiting = new Map([
      [minute, 5],
      [minute - 12, 3],
      [minute - 600, 1],
    ])
    shardGauges.set('acc_1/0', { held: 7, waiting, failing: 1, open: 0 })
    shardGauges.set('acc_2/0', { held: 2, waiting: new Map([[minute - 3, 1]]), failing: 0, open: 2 })
    const { samples } = read(exposition(NOW_MS))
    const over = (ageS: number) => samples.get(`relay_waiting{older_than_seconds="${ageS}"}`)
    expect([0, 60, 600, 3_600, 21_600].map(over)).toEqual([10, 5, 4, 1, 1])
    expect(samples.get('relay_waiting_oldest_seconds')).toBe(599 * 60)
    expect(samples.get('relay_held')).toBe(9)
    expect(samples.get('relay_webhooks_unhealthy{health="open"}')).toBe(2)
  })
})

describe('the dashboard', () => {
  interface Panel {
    title: string
    targets?: { expr: string }[]
  }
  const panels: Panel[] = dashboard.panels
  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [title, expr.replaceAll('$__rate_interval', '5m')]),
  )

  /** The metrics that a query names, and whether it can be read at all. */
  function parse(query: string): { names: string[]; isValid: boolean } {
    const names: string[] = []
    let isValid = true
    parser.parse(query).iterate({
      enter: (node) => {
        if (node.type.isError) isValid = false
        if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') {
          names.push(query.slice(node.from, node.to))
        }
      },
    })
    return { names, isValid }
  }

  test('asks for metrics that there are, in queries that Prometheus can read', () => {
    const known = sampleNames()
    expect(queries.length).toBeGreaterThan(20)
    for (const [title, query] of queries) {
      const { names, isValid } = parse(query)
      expect([title, query, isValid, names.length > 0]).toEqual([title, query, true, true])
      expect([title, names.filter((name) => !known.has(name))]).toEqual([title, []])
    }
    expect(parse('sum(rate(relay_held[5m])').isValid).toBe(false)
  })

  test('shows every metric', () => {
    const asked = new Set(queries.flatMap(([, query]) => parse(query).names))
    const families = Object.values(meter).map((each) => each.name)
    const isAsked = (name: string): boolean =>
      [...asked].some((each) => each === name || each.startsWith(`${name}_`))
    expect(families.filter((name) => !isAsked(name))).toEqual([])
  })
})

describe('the points', () => {
  interface Point {
    indexes?: (ArrayBuffer | string | null)[]
    blobs?: (ArrayBuffer | string | null)[]
    doubles?: number[]
  }
  let points: Point[]
  const dataset = { writeDataPoint: (point?: Point) => void points.push(point ?? {}) }
  let nowMs = NOW_MS
  beforeEach(() => {
    points = []
    nowMs += MINUTE_MS
    writePoints(dataset, false, nowMs)
    points = []
    nowMs += MINUTE_MS
  })

  test('tell what was counted since the last, in a few that Analytics Engine takes', () => {
    meter.events.add(EVENT_AT.accepted, 3)
    meter.retries.add()
    for (const each of Object.values(meter)) if (!(each instanceof Counter)) each.observe(0.2)
    meter.changes.add()
    writePoints(dataset, false, nowMs)
    expect(new Set(points.map(({ blobs }) => blobs?.[0]))).toEqual(
      new Set(['ack', 'changes', 'counts', 'delivery', 'group', 'group_size', 'queue_age', 'receiver']),
    )
    expect(points).toHaveLength(8)
    for (const { indexes, doubles = [] } of points) {
      expect(indexes).toHaveLength(1)
      expect(doubles.length).toBeLessThanOrEqual(20)
    }
    const counts = points.find(({ blobs }) => blobs?.[0] === 'counts')?.doubles ?? []
    expect([counts.length, counts[0], counts[19]]).toEqual([20, 3, 1])
  })

  test('are none if nothing was counted, and no more often than once a minute but at rest', () => {
    writePoints(dataset, false, nowMs)
    expect(points).toEqual([])
    meter.retries.add()
    writePoints(dataset, false, nowMs + MINUTE_MS - 1)
    expect(points).toEqual([])
    writePoints(dataset, true, nowMs + MINUTE_MS - 1)
    expect(points).toHaveLength(1)
    nowMs += 2 * MINUTE_MS
  })

  test('tell how a shard stands, and that nothing waits any more', () => {
    const waiting = new Map([[nowMs / MINUTE_MS - 11, 4]])
    shardGauges.set('acc_1/0', { held: 7, waiting, failing: 1, open: 2 })
    writeGauges(dataset, 'acc_1/0', nowMs)
    expect(points).toEqual([
      { indexes: ['acc_1/0'], blobs: ['shard', 'acc_1/0'], doubles: [7, 4, 600, 1, 2] },
    ])
    shardGauges.delete('acc_1/0')
    writeGauges(dataset, 'acc_1/0', nowMs)
    expect(points.at(-1)?.doubles).toEqual([0, 0, 0, 0, 0])
  })
})
