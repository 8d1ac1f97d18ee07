import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useZone } from './zone.ts'
import { inputText, instantOf } from './time-input.ts'

const TYPING_MS = 500

/** A time of day that is typed or picked, in UTC if times are shown so, else in the browser's zone. */
export function TimeField({
  label,
  value,
  onChange,
}: {
  label: string
  value: string | undefined
  onChange: (value: string | undefined) => void
}) {
  const [zone] = useZone()
  const isUtc = zone === 'utc'
  const change = useDebouncedCallback((text: string) => onChange(instantOf(text, isUtc)), TYPING_MS)
  return (
    <TextInput
      // Anew if the URL says another than was typed, as after "Clear the filters".
      key={value === undefined ? `none ${isUtc}` : `some ${isUtc}`}
      type="datetime-local"
      label={isUtc ? `${label} (UTC)` : label}
      defaultValue={inputText(value, isUtc)}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}
