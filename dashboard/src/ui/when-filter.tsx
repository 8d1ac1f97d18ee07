import { Button, Group, Popover, Stack, Text, TextInput } from '@mantine/core'
import { strings } from '../strings.ts'
import { beginOf, localOf, SPANS, timeOfLocal, type Span } from './when.ts'
import { timeText, useZone } from './zone.ts'
import classes from './list.module.css'

const words = strings.lists

export interface Bounds {
  since?: string | undefined
  until?: string | undefined
}

/** From when until when: what is often asked for by one click, or both times. */
export function WhenFilter({ since, until, onChange }: Bounds & { onChange: (bounds: Bounds) => void }) {
  const [zone] = useZone()
  const isUtc = zone === 'utc'
  const at = (time: string): string => timeText(time, zone)
  const label =
    since !== undefined && until !== undefined
      ? words.between(at(since), at(until))
      : since !== undefined
        ? words.sinceTime(at(since))
        : until !== undefined
          ? words.untilTime(at(until))
          : words.anyTime
  return (
    <Popover position="bottom-start" trapFocus returnFocus>
      <div className={classes['when']}>
        <Text size="xs" fw={500} aria-hidden="true">
          {words.when}
        </Text>
        <Popover.Target>
          <Button
            size="xs"
            variant="default"
            fullWidth
            justify="space-between"
            fw={400}
            aria-label={`${words.when}: ${label}`}
            rightSection="▾"
          >
            {label}
          </Button>
        </Popover.Target>
      </div>
      <Popover.Dropdown aria-label={words.when}>
        <Stack gap="sm">
          <Group gap="xs">
            {(Object.keys(SPANS) as Span[]).map((span) => (
              <Button
                key={span}
                size="compact-sm"
                variant="default"
                onClick={() => onChange({ since: beginOf(span, Date.now()) })}
              >
                {words.spans[span]}
              </Button>
            ))}
            <Button size="compact-sm" variant="default" onClick={() => onChange({})}>
              {words.anyTime}
            </Button>
          </Group>
          <TextInput
            size="xs"
            type="datetime-local"
            label={words.since}
            value={localOf(since, isUtc)}
            onChange={({ currentTarget: { value } }) => onChange({ since: timeOfLocal(value, isUtc), until })}
          />
          <TextInput
            size="xs"
            type="datetime-local"
            label={words.until}
            value={localOf(until, isUtc)}
            onChange={({ currentTarget: { value } }) => onChange({ since, until: timeOfLocal(value, isUtc) })}
          />
          <Text size="xs" c="dimmed">
            {words.timesIn(isUtc ? 'UTC' : new Intl.DateTimeFormat().resolvedOptions().timeZone)}
          </Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
