import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { triggersQuery } from '../../api/triggers.ts'
import type { WebhookDetail } from '../../api/webhook.ts'
import { ASKED_STATUSES } from '../../api/deliveries.ts'
import type { DeliveryFilters } from '../../api/webhook-deliveries.ts'
import { oneOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import { FilterFields } from '../../ui/filter-fields.tsx'
import { TextFilter } from '../../ui/text-filter.tsx'
import classes from './deliveries.module.css'
import { TimeInput } from './time-input.tsx'

const words = strings.webhook.deliveries
export type Filters = Omit<DeliveryFilters, 'cursor'>

export function DeliveryFilterBar({
  webhook: { triggers, time_zone },
  filters,
  onFilter,
}: {
  webhook: WebhookDetail
  filters: Filters
  onFilter: (filters: Filters) => void
}) {
  const names = useQuery(triggersQuery).data?.data ?? []
  const { status, trigger, call_id, since, until } = filters
  const isFiltered = Object.values(filters).some((each) => each !== undefined)
  return (
    <FilterFields label={words.title} className={classes['filters']} values={filters}>
      <NativeSelect
        size="xs"
        label={words.columns.status}
        value={status ?? ''}
        data={[
          { value: '', label: words.anyStatus },
          ...ASKED_STATUSES.map((value) => ({ value, label: strings.deliveryStatuses[value] })),
        ]}
        onChange={(event) =>
          onFilter({ ...filters, status: oneOf(ASKED_STATUSES, event.currentTarget.value) })
        }
      />
      {triggers.length > 1 && (
        <NativeSelect
          size="xs"
          label={words.columns.trigger}
          value={trigger ?? ''}
          data={[
            { value: '', label: words.anyTrigger },
            ...triggers.map((slug) => ({
              value: slug,
              label: names.find((each) => each.slug === slug)?.name ?? slug,
            })),
          ]}
          onChange={(event) => onFilter({ ...filters, trigger: oneOf(triggers, event.currentTarget.value) })}
        />
      )}
      <TextFilter
        label={words.filterCall}
        value={call_id}
        onFilter={(id) => onFilter({ ...filters, call_id: id })}
      />
      <TimeInput
        label={words.since}
        value={since}
        webhookZone={time_zone}
        onTime={(at) => onFilter({ ...filters, since: at })}
      />
      <TimeInput
        label={words.until}
        value={until}
        webhookZone={time_zone}
        onTime={(at) => onFilter({ ...filters, until: at })}
      />
      {isFiltered && (
        <Button size="xs" variant="subtle" onClick={() => onFilter({})}>
          {strings.common.clear}
        </Button>
      )}
    </FilterFields>
  )
}
