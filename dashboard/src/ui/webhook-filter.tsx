import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useWebhookNames, webhookChoicesQuery } from '../api/webhook-names.ts'
import { textOf } from '../search.ts'
import { strings } from '../strings.ts'

const TYPING_MS = 250
const words = strings.deliveries

/** One webhook of however many there are: typing asks for those that have the text. */
export function WebhookFilter({
  account,
  value,
  onFilter,
}: {
  account: string
  value: string | undefined
  onFilter: (id: string | undefined) => void
}) {
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.trim(), TYPING_MS)
  const nameOf = useWebhookNames(account, value === undefined ? [] : [value])
  // What stands in the box once one is chosen is its name, and no search.
  const isChosen = value !== undefined && q === nameOf(value)
  const choices = useQuery({
    ...webhookChoicesQuery(account, isChosen ? undefined : textOf(q)),
    placeholderData: keepPreviousData,
  })
  const options = (choices.data ?? []).map(({ id, name }) => ({ value: id, label: name }))
  if (value !== undefined && !options.some((option) => option.value === value))
    options.push({ value, label: nameOf(value) ?? value })
  return (
    <Select
      size="xs"
      label={words.webhook}
      placeholder={strings.lists.any}
      searchable
      clearable
      nothingFoundMessage={words.webhookNone}
      data={options}
      // The API has looked already, also in the description and the URL.
      filter={({ options: all }) => all}
      value={value ?? null}
      onSearchChange={setTyped}
      onChange={(id) => onFilter(id ?? undefined)}
    />
  )
}
