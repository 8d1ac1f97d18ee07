import type { Webhook } from '../../api/webhooks.ts'
import type { Order } from './search.ts'

/** What may need a look comes first. */
const STATUS_ORDER: Webhook['status'][] = ['disabled', 'paused', 'active']
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

type Sorted = Pick<Webhook, 'name' | 'status'>

/** @param order undefined: as the API lists them */
export function sorted<T extends Sorted>(webhooks: readonly T[], order: Order | undefined): T[] {
  switch (order) {
    case undefined:
      return [...webhooks]
    case 'oldest':
      return webhooks.toReversed()
    case 'name':
      return webhooks.toSorted((a, b) => byName.compare(a.name, b.name))
    case 'status':
      return webhooks.toSorted(
        (a, b) =>
          STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status) || byName.compare(a.name, b.name),
      )
  }
}
