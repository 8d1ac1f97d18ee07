import { useLocalStorage } from '@mantine/hooks'

/** In which time zone times are shown: the browser's, UTC, or that of the webhook that they belong to. */
export const ZONES = ['browser', 'utc', 'webhook'] as const
export type Zone = (typeof ZONES)[number]

/** The choice of this browser, the same on every page. */
export function useZone() {
  return useLocalStorage<Zone>({
    key: 'relay-zone',
    defaultValue: 'browser',
    getInitialValueInEffect: false,
  })
}

const BROWSERS = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** The IANA name of a choice. @param webhookZone as the API has it: `IST`, `UTC` or an IANA name */
export function timeZoneOf(zone: Zone, webhookZone: string | undefined): string {
  if (zone === 'utc') return 'UTC'
  if (zone === 'browser' || webhookZone === undefined) return BROWSERS
  return webhookZone === 'IST' ? 'Asia/Kolkata' : webhookZone
}

/** A time with its zone, to the second, as `28 Nov 2026, 11:57:41 IST`. */
export function timeText(at: string, zone: Zone, webhookZone?: string): string {
  const timeZone = timeZoneOf(zone, webhookZone)
  let format = formats.get(timeZone)
  if (format === undefined) formats.set(timeZone, (format = formatIn(timeZone)))
  return format.format(new Date(at))
}

/** One for each zone: to make one takes longer than to use it. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** A time with its zone: `28 Nov 2026, 11:57:41 IST`. @param more than that */
export function formatIn(timeZone: string, more: Intl.DateTimeFormatOptions = {}): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-IN', {
    timeZone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...more,
  })
}

/** The same without the year and the zone, for columns whose head names the zone: `28 Nov, 11:57:41`. */
export function shortTimeText(at: string, zone: Zone, webhookZone?: string): string {
  return new Intl.DateTimeFormat('en-IN', {
    timeZone: timeZoneOf(zone, webhookZone),
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at))
}

/** A zone as it is called on a day, such as `IST`. */
export function zoneText(zone: Zone, webhookZone?: string, at = new Date()): string {
  const format = new Intl.DateTimeFormat('en-IN', {
    timeZone: timeZoneOf(zone, webhookZone),
    timeZoneName: 'short',
  })
  return format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}
