import { NativeSelect } from '@mantine/core'
import { ASKED_STATUSES, ATTEMPT_ERRORS, type DeliveryFilters } from '../../api/deliveries.ts'
import { oneOf } from '../../search.ts'
import { useAccount } from '../../shell/account.ts'
import { strings } from '../../strings.ts'
import { FilterFields } from '../../ui/filter-fields.tsx'
import { TextFilter } from '../../ui/text-filter.tsx'
import { TriggerFilter } from '../../ui/trigger-filter.tsx'
import { WebhookFilter } from '../../ui/webhook-filter.tsx'
import { WhenFilter } from '../../ui/when-filter.tsx'
import classes from '../../ui/list.module.css'

const words = strings.deliveries
/** What the relay tells an account of its own webhooks: no triggers of the catalogue. */
const OPERATIONAL = Object.entries(words.operational).map(([value, label]) => ({ value, label }))
const ANY = { value: '', label: strings.lists.any }

export function DeliveryFiltersForm({
  filters,
  onFilter,
}: {
  filters: DeliveryFilters
  onFilter: (filters: DeliveryFilters) => void
}) {
  const account = useAccount()
  return (
    <FilterFields className={classes['filters']} values={filters}>
      <WebhookFilter
        account={account}
        value={filters.webhook_id}
        onFilter={(webhook_id) => onFilter({ ...filters, webhook_id })}
      />
      <NativeSelect
        size="xs"
        label={words.status}
        value={filters.status ?? ''}
        data={[ANY, ...ASKED_STATUSES.map((value) => ({ value, label: strings.deliveryStatuses[value] }))]}
        onChange={({ currentTarget: { value } }) =>
          onFilter({ ...filters, status: oneOf(ASKED_STATUSES, value) })
        }
      />
      <TriggerFilter
        label={words.trigger}
        value={filters.trigger}
        others={OPERATIONAL}
        onFilter={(trigger) => onFilter({ ...filters, trigger })}
      />
      <TextFilter
        label={words.statusCode}
        placeholder={strings.lists.any}
        inputMode="numeric"
        value={filters.status_code}
        onFilter={(status_code) => onFilter({ ...filters, status_code })}
      />
      <NativeSelect
        size="xs"
        label={words.error}
        value={filters.error ?? ''}
        data={[ANY, ...ATTEMPT_ERRORS.map((value) => ({ value, label: words.errors[value] ?? value }))]}
        onChange={({ currentTarget: { value } }) =>
          onFilter({ ...filters, error: oneOf(ATTEMPT_ERRORS, value) })
        }
      />
      <TextFilter
        label={words.call}
        placeholder={strings.lists.any}
        value={filters.call_id}
        onFilter={(call_id) => onFilter({ ...filters, call_id })}
      />
      <WhenFilter
        since={filters.since}
        until={filters.until}
        onChange={({ since, until }) => onFilter({ ...filters, since, until })}
      />
    </FilterFields>
  )
}
