import { useCallback, useState } from 'react'
import { useWebhookAction, type Webhook, type WebhookAction } from '../../api/webhooks.ts'
import { strings } from '../../strings.ts'

const words = strings.webhooks
/** What discards deliveries, and so asks first. */
const ASKS: ReadonlySet<WebhookAction> = new Set(['disable', 'delete'])

/** An action that waits for a yes, or that failed and says why. The webhook is the version that was looked at. */
export interface Asked {
  webhook: Webhook
  action: WebhookAction
  error: Error | null
}

export interface RowActions {
  asked: Asked | null
  /** The webhooks that are being changed. */
  busy: ReadonlySet<string>
  /** Does it, or asks first. */
  start: (webhook: Webhook, action: WebhookAction) => void
  confirm: (webhook: Webhook, action: WebhookAction) => void
  close: () => void
}

/** @param onDone told in words what the API has answered, and whether the row is gone */
export function useRowActions(account: string, onDone: (text: string, isGone: boolean) => void): RowActions {
  const { mutateAsync } = useWebhookAction(account)
  const [asked, setAsked] = useState<Asked | null>(null)
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set())
  const confirm = useCallback(
    (webhook: Webhook, action: WebhookAction) => {
      if (busy.has(webhook.id)) return
      setBusy((ids) => new Set(ids).add(webhook.id))
      mutateAsync({ webhook, action })
        .then(
          (status) => {
            setAsked(null)
            onDone(words.isNow(webhook.name, status), status === null)
          },
          // Shown in the dialog, with what to do about it.
          (error: Error) => setAsked({ webhook, action, error }),
        )
        .finally(() => setBusy((ids) => new Set([...ids].filter((id) => id !== webhook.id))))
    },
    [busy, mutateAsync, onDone],
  )
  const start = useCallback(
    (webhook: Webhook, action: WebhookAction) =>
      ASKS.has(action) ? setAsked({ webhook, action, error: null }) : confirm(webhook, action),
    [confirm],
  )
  const close = useCallback(() => setAsked(null), [])
  return { asked, busy, start, confirm, close }
}
