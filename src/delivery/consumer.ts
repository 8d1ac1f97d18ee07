import type { Env } from '../contracts/env.ts'
import type { DeliveryMessage } from '../contracts/jobs.ts'

export async function consume(_batch: MessageBatch<DeliveryMessage>, _env: Env): Promise<void> {}
