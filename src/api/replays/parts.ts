/** A replay is done by each of the account's shards for its own deliveries; here its parts are one. */
import type { Env } from '../../contracts/env.ts'
import type {
  NamedReplay,
  Replay,
  ReplayFilter,
  ReplayQuery,
  ShardApi,
  StartedReplay,
} from '../../contracts/shard.ts'
import { shardOf } from '../../contracts/stub.ts'
import { shardsOf } from '../../store/shards.ts'

/** Starts a replay in every shard; null if one of them has too many under way, and then in none. */
export async function startReplay(
  env: Env,
  accountId: string,
  id: string,
  webhookId: string,
  filter: ReplayFilter,
): Promise<Replay | null> {
  const parts: Replay[] = []
  // Also those whose answer was lost.
  const asked: DurableObjectStub<ShardApi>[] = []
  try {
    for (const shard of await shardsOfAccount(env, accountId)) {
      asked.push(shard)
      const part = await shard.startReplay(id, webhookId, filter)
      if (part === null) break
      parts.push(part)
    }
  } catch (error) {
    await drop(asked, webhookId, id)
    throw error
  }
  if (parts.length === asked.length) return whole(parts)
  await drop(asked, webhookId, id)
  return null
}

/** How many logged deliveries replays of these webhooks would be of, in their order. */
export async function countReplays(
  env: Env,
  accountId: string,
  webhookIds: readonly string[],
  filter: ReplayFilter,
): Promise<number[]> {
  const shards = await shardsOfAccount(env, accountId)
  const counts = await Promise.all(shards.map((shard) => shard.countReplays([...webhookIds], filter)))
  return webhookIds.map((_, index) => counts.reduce((sum, ofShard) => sum + (ofShard[index] ?? 0), 0))
}

/**
 * Starts replays of several webhooks in every shard. One of which a shard has too many under way starts in none
 * (`busy`), and one that is of no delivery does not start (`nothing`).
 */
export async function startReplays(
  env: Env,
  accountId: string,
  replays: readonly NamedReplay[],
  filter: ReplayFilter,
): Promise<StartedReplay[]> {
  const shards = await shardsOfAccount(env, accountId)
  const dropIn = async ({ id, webhook_id }: NamedReplay): Promise<void> => drop(shards, webhook_id, id)
  const asked = await Promise.allSettled(shards.map((shard) => shard.startReplays([...replays], filter)))
  const failed = asked.find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    // Also where the answer was lost.
    await Promise.all(replays.map(dropIn))
    throw failed.reason
  }
  const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  return Promise.all(
    replays.map(async (replay, index): Promise<StartedReplay> => {
      const parts = answers.map((ofShard) => ofShard[index] ?? 'nothing')
      if (parts.includes('busy')) {
        await dropIn(replay)
        return 'busy'
      }
      return whole(parts.filter((part) => typeof part !== 'string')) ?? 'nothing'
    }),
  )
}

/** How far a replay is; null if there is no such replay. */
export async function readReplay(
  env: Env,
  accountId: string,
  webhookId: string,
  id: string,
): Promise<Replay | null> {
  const shards = await shardsOfAccount(env, accountId)
  const parts = await Promise.all(shards.map((shard) => shard.replay(webhookId, id)))
  return whole(parts.filter((part) => part !== null))
}

/**
 * The account's replays, newest first, one more than `limit` if there are more. Each shard gives its newest parts: what is
 * among the newest of all is among those of every shard that has a part of it.
 */
export async function listReplays(env: Env, accountId: string, query: ReplayQuery): Promise<Replay[]> {
  const shards = await shardsOfAccount(env, accountId)
  const limit = query.limit + 1
  const parts = (await Promise.all(shards.map((shard) => shard.replays({ ...query, limit })))).flat()
  return [...Map.groupBy(parts, ({ id }) => id).values()]
    .flatMap((some) => whole(some) ?? [])
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit)
}

async function shardsOfAccount(env: Env, accountId: string): Promise<DurableObjectStub<ShardApi>[]> {
  const shards = await shardsOf(env, accountId)
  return Array.from({ length: shards }, (_, shard) => shardOf(env, accountId, shard))
}

async function drop(
  shards: readonly DurableObjectStub<ShardApi>[],
  webhookId: string,
  id: string,
): Promise<void> {
  await Promise.allSettled(shards.map((shard) => shard.dropReplay(webhookId, id)))
}

/** The parts as one; null if there is none. */
export function whole(parts: readonly Replay[]): Replay | null {
  const [first] = parts
  if (first === undefined) return null
  const sum = (of: (part: Replay) => number): number => parts.reduce((all, part) => all + of(part), 0)
  const ends = parts.flatMap(({ completed_at }) => completed_at ?? [])
  return {
    ...first,
    count: sum((part) => part.count),
    replayed: sum((part) => part.replayed),
    skipped: sum((part) => part.skipped),
    created_at: Math.min(...parts.map((part) => part.created_at)),
    completed_at: ends.length === parts.length ? Math.max(...ends) : null,
  }
}
