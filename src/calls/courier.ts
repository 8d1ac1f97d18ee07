import { READ_VALID_MS } from '../config/snapshot.ts'
import type { Env } from '../contracts/env.ts'
import { report } from '../lib/failure.ts'
import { webhookObject } from '../webhooks/webhook-key.ts'
import type { Call } from './call.ts'

/** What comes of sending reports, for the call's object to act on. */
interface Told {
  /** Everything for a webhook has been taken: a lane may have waited for room in the outbox. */
  sent: () => void
  wake: (webhookId: string) => Promise<void>
  failed: () => void
}

/** Takes what the outbox has to the Webhook objects, each by a line of its own: one out of reach delays no other. */
export class Courier {
  readonly #ctx: DurableObjectState
  readonly #env: Env
  readonly #told: Told
  readonly #busy = new Set<string>()

  constructor(ctx: DurableObjectState, env: Env, told: Told) {
    this.#ctx = ctx
    this.#env = env
    this.#told = told
  }

  /** Sends what there is. A report stays in the outbox until it has been taken. */
  send(call: Call): void {
    for (const webhookId of call.outbox.byWebhook().keys()) {
      if (this.#busy.has(webhookId)) continue
      this.#busy.add(webhookId)
      this.#ctx.waitUntil(this.#sendTo(call, webhookId))
    }
  }

  async #sendTo(call: Call, webhookId: string): Promise<void> {
    try {
      for (;;) {
        const entries = call.outbox.byWebhook().get(webhookId)
        if (entries === undefined) break
        const { wake } = await webhookObject(this.#env, webhookId).report({
          account_id: call.accountId,
          webhook_id: webhookId,
          call_id: call.callId,
          entries,
          waits: call.waitsFor(webhookId),
        })
        if (wake) {
          // The change came between this lane's read and its report. By then no read from before it is valid.
          await scheduler.wait(READ_VALID_MS)
          await this.#told.wake(webhookId)
        }
        // Not before: nobody would wake a lane whose object dies meanwhile, and has nothing left to report.
        call.outbox.taken(entries)
      }
      this.#busy.delete(webhookId)
      this.#told.sent()
    } catch (error) {
      report('report to the webhook object', error)
      this.#told.failed()
    } finally {
      this.#busy.delete(webhookId)
    }
  }
}
