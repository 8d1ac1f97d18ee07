import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { triggersQuery } from '../api/triggers.ts'
import { strings } from '../strings.ts'

/** One trigger of the catalogue, or of those that are given besides. */
export function TriggerFilter({
  label,
  value,
  others = [],
  onFilter,
}: {
  label: string
  value: string | undefined
  others?: { value: string; label: string }[]
  onFilter: (trigger: string | undefined) => void
}) {
  const triggers = useQuery(triggersQuery).data?.data ?? []
  const options = [...triggers.map(({ slug, name }) => ({ value: slug as string, label: name })), ...others]
  // The URL may name any, which the API then refuses.
  if (value !== undefined && !options.some((option) => option.value === value))
    options.push({ value, label: value })
  return (
    <Select
      size="xs"
      label={label}
      placeholder={strings.lists.any}
      searchable
      clearable
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
      data={options}
      value={value ?? null}
      onChange={(trigger) => onFilter(trigger ?? undefined)}
    />
  )
}
