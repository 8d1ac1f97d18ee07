import { DurableObject } from 'cloudflare:workers'
import type { AccountState } from '../contracts/configuration.ts'
import type { Env } from '../contracts/env.ts'
import type { ShardApi } from '../contracts/shard.ts'
import type { WebhookHealth } from '../contracts/webhook.ts'
import { Configuration } from './configuration.ts'

/** Stands in for the shard until that is there: it keeps its account's configuration, and does no more. */
export class ShardObject
  extends DurableObject<Env>
  implements Pick<ShardApi, 'announce' | 'configure' | 'health'>
{
  readonly configuration: Configuration

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.configuration = new Configuration(ctx.storage.sql)
  }

  async announce(accountId: string, shard: number, version: number): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.configuration.announce(accountId, shard, version, Date.now())
    })
  }

  async configure(state: AccountState, shard: number): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.configuration.apply(state, shard, 0)
    })
  }

  async health(): Promise<Record<string, WebhookHealth>> {
    return {}
  }
}
