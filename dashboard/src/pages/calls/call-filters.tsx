import { NativeSelect } from '@mantine/core'
import type { CallFilters } from '../../api/call-list.ts'
import { ASKED_STATUSES } from '../../api/deliveries.ts'
import { oneOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import { FilterFields } from '../../ui/filter-fields.tsx'
import { TextFilter } from '../../ui/text-filter.tsx'
import { TriggerFilter } from '../../ui/trigger-filter.tsx'
import { WhenFilter } from '../../ui/when-filter.tsx'
import classes from '../../ui/list.module.css'

const words = strings.calls

export function CallFiltersForm({
  filters,
  onFilter,
}: {
  filters: CallFilters
  onFilter: (filters: CallFilters) => void
}) {
  return (
    <FilterFields className={classes['filters']} values={filters}>
      <TextFilter
        className={classes['wide'] ?? ''}
        label={words.number}
        placeholder={words.numberHint}
        inputMode="tel"
        value={filters.number}
        onFilter={(number) => onFilter({ ...filters, number })}
      />
      <NativeSelect
        size="xs"
        label={words.status}
        value={filters.status ?? ''}
        data={[
          { value: '', label: strings.lists.any },
          ...ASKED_STATUSES.map((value) => ({ value, label: strings.deliveryStatuses[value] })),
        ]}
        onChange={({ currentTarget: { value } }) =>
          onFilter({ ...filters, status: oneOf(ASKED_STATUSES, value) })
        }
      />
      <TriggerFilter
        label={words.trigger}
        value={filters.trigger}
        onFilter={(trigger) => onFilter({ ...filters, trigger })}
      />
      <WhenFilter
        since={filters.since}
        until={filters.until}
        onChange={({ since, until }) => onFilter({ ...filters, since, until })}
      />
    </FilterFields>
  )
}
