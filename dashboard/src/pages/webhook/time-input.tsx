import { TextInput } from '@mantine/core'
import { timeZoneOf, useZone } from '../../ui/zone.ts'
import { instantOf, wallOf } from './wall-clock.ts'

/** A time as the clock of the chosen zone has it, and as the API has it outside. */
export function TimeInput({
  label,
  value,
  webhookZone,
  onTime,
}: {
  label: string
  value: string | undefined
  webhookZone: string
  onTime: (at: string | undefined) => void
}) {
  const [zone] = useZone()
  const timeZone = timeZoneOf(zone, webhookZone)
  return (
    <TextInput
      size="xs"
      type="datetime-local"
      label={`${label} (${timeZone})`}
      value={value === undefined ? '' : wallOf(value, timeZone)}
      onChange={(event) => onTime(instantOf(event.currentTarget.value, timeZone))}
    />
  )
}
