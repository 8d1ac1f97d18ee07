import type { DeliveryMessage } from './jobs.ts'
import type { RawSettings } from '../lib/settings.ts'
import type { ShardApi } from './shard.ts'

/** What the Worker is given: the bindings of wrangler.toml, and the raw settings. */
export interface Env extends RawSettings {
  DB: D1Database
  SHARDS: DurableObjectNamespace<ShardApi>
  DELIVERIES: Queue<DeliveryMessage>
  /** The files of `public/`. */
  ASSETS: Fetcher
  /** Requests of a key to POST /v1/events…, and to every other route. */
  INGEST_LIMIT: RateLimit
  API_LIMIT: RateLimit
  /** Requests of an address without a known key. */
  UNKNOWN_KEY_LIMIT: RateLimit
  /** Takes the figures of a deployed relay, if it is bound. */
  METRICS?: AnalyticsEngineDataset
}
