import { timeText, useZone } from './zone.ts'

/** A time of the API (RFC 3339), never without its zone. */
export function Time({ at, webhookZone }: { at: string; webhookZone?: string }) {
  const [zone] = useZone()
  return <time dateTime={at}>{timeText(at, zone, webhookZone)}</time>
}
