import type { Env } from '../contracts/env.ts'
import type { Job } from '../contracts/jobs.ts'
import type { ShardApi } from '../contracts/shard.ts'

/** Stands in for the maker of attempts until that is there: what it is given, the shard makes once it has lapsed. */
export async function makeJobs(
  _env: Env,
  _shard: Pick<ShardApi, 'report'>,
  _jobs: readonly Job[],
  _askedMs: number,
): Promise<void> {}
