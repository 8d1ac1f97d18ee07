import { expect, test } from 'vitest'
import { shardOfCall } from '../../src/order/placement.ts'

test('a call stays where it is, whatever version of the code asks', () => {
  const calls = ['1628364922.6274679', 'call-1', '', 'ऑपरेटर', 'operational\twh_1', '😀']
  expect(calls.map((call) => shardOfCall(call, 256))).toEqual([14, 110, 11, 140, 33, 38])
  expect(calls.map((call) => shardOfCall(call, 7))).toEqual([6, 3, 4, 2, 5, 2])
  expect(calls.map((call) => shardOfCall(call, 1))).toEqual([0, 0, 0, 0, 0, 0])
})

test('calls are spread evenly, also where their ids are numbers in a row', () => {
  for (const shards of [2, 3, 8, 64, 256]) {
    const counts = Array.from({ length: shards }, () => 0)
    const calls = shards * 500
    for (let n = 0; n < calls; n += 1) {
      const shard = shardOfCall(`1628364922.${6_274_679 + n}`, shards)
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    expect(Math.min(...counts), `${shards}`).toBeGreaterThan(380)
    expect(Math.max(...counts), `${shards}`).toBeLessThan(620)
  }
})
