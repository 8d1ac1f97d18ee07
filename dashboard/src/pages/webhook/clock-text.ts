const DAY_S = 86_400

/** A bucket of time by its two ends, as `14:15–14:30 IST`; one of days has its date. Times are seconds since epoch. */
export function clockText(startS: number, lengthS: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-IN', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
    ...(lengthS * 84 >= DAY_S ? { day: 'numeric', month: 'short' } : {}),
  })
  return format.formatRange(startS * 1000, (startS + lengthS) * 1000)
}
