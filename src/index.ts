import { answer } from './api/app.ts'
import type { Env } from './contracts/env.ts'
import type { DeliveryMessage } from './contracts/jobs.ts'
import { consume } from './delivery/consumer.ts'

export { ShardObject } from './shard/shard.ts'

export default {
  fetch: answer,
  queue: consume,
} satisfies ExportedHandler<Env, DeliveryMessage>
