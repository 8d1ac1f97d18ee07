/** What is given without a flag. */
import { InvalidArgumentError } from '@commander-js/extra-typings'

const WEBHOOK = /^wh_[0-9A-Z]{26}$/
const DELIVERY = /^dlv_[0-9A-Z]{52}$/

/** It becomes a part of a path, which takes more than ids. */
export function webhookId(text: string): string {
  if (!WEBHOOK.test(text)) throw new InvalidArgumentError('give the id of a webhook, wh_…')
  return text
}

export function isDeliveryId(text: string): boolean {
  return DELIVERY.test(text)
}

export type Target = { kind: 'webhook' | 'delivery'; id: string }

/** What is to be made again: one delivery, or those of a webhook. */
export function target(text: string): Target {
  if (isDeliveryId(text)) return { kind: 'delivery', id: text }
  if (WEBHOOK.test(text)) return { kind: 'webhook', id: text }
  throw new InvalidArgumentError('give the id of a webhook (wh_…) or of a delivery (dlv_…)')
}
