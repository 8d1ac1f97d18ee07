import { NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { triggersQuery } from '../../api/triggers.ts'
import { CALL_TYPES, STATUSES, type WebhookFilters } from '../../api/webhooks.ts'
import { oneOf, textOf } from '../../search.ts'
import { strings } from '../../strings.ts'
import classes from './filters.module.css'

const TYPING_MS = 250
const words = strings.webhooks

/** @param onFilter gets those that change, over those that there are when it is called */
export function Filters({
  filters: { status, trigger, call_type, q },
  onFilter,
}: {
  filters: WebhookFilters
  onFilter: (change: WebhookFilters) => void
}) {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const search = useDebouncedCallback((text: string) => onFilter({ q: textOf(text.trim()) }), TYPING_MS)
  return (
    <search className={classes['filters']}>
      <TextInput
        type="search"
        size="sm"
        className={classes['text'] ?? ''}
        aria-label={words.search}
        placeholder={words.search}
        // Anew if the URL says another than was typed, as after "Clear the filters".
        key={q === undefined ? 'none' : 'some'}
        defaultValue={q ?? ''}
        maxLength={200}
        onChange={(event) => search(event.currentTarget.value)}
      />
      <SegmentedControl
        size="sm"
        className={classes['status'] ?? ''}
        aria-label={words.filterStatus}
        value={status ?? 'all'}
        data={[
          { value: 'all', label: strings.common.all },
          ...STATUSES.map((value) => ({ value, label: strings.status[value] })),
        ]}
        onChange={(value) => onFilter({ status: oneOf(STATUSES, value) })}
      />
      <NativeSelect
        size="sm"
        className={classes['select'] ?? ''}
        aria-label={words.filterTrigger}
        value={trigger ?? ''}
        data={[
          { value: '', label: words.anyTrigger },
          ...triggers.map(({ slug, name, deprecated }) => ({
            value: slug,
            label: deprecated && !/deprecated/i.test(name) ? words.deprecated(name) : name,
          })),
          // One that the catalogue does not have, or does not have yet.
          ...(trigger !== undefined && !triggers.some(({ slug }) => slug === trigger)
            ? [{ value: trigger, label: trigger }]
            : []),
        ]}
        onChange={(event) => onFilter({ trigger: textOf(event.currentTarget.value) })}
      />
      <NativeSelect
        size="sm"
        className={classes['select'] ?? ''}
        aria-label={words.filterCallType}
        value={call_type ?? ''}
        data={[
          { value: '', label: words.anyCallType },
          ...CALL_TYPES.map((value) => ({ value, label: words.callTypesFilter[value] })),
        ]}
        onChange={(event) => onFilter({ call_type: oneOf(CALL_TYPES, event.currentTarget.value) })}
      />
    </search>
  )
}
