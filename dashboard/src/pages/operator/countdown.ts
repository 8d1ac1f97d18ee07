/** How long a portal link still opens something, as a browser whose clock may be wrong can tell: pure. */

const LINK_MS = 5 * 60 * 1000
const SECOND_MS = 1000

/** When it is over by the browser's clock: never later than its five minutes from when it came. */
export function overAtMs(expiresAt: string, receivedMs: number): number {
  return Math.min(Date.parse(expiresAt), receivedMs + LINK_MS)
}

/** As `4:59`; null once it is over. */
export function leftText(overMs: number, nowMs: number): string | null {
  const seconds = Math.ceil((overMs - nowMs) / SECOND_MS)
  if (seconds <= 0) return null
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
