/** What waits for some webhooks, together. */
export interface Waiting {
  held: number
  /** When the event came that has waited longest, be it held or under way; null if none waits. */
  oldestAt: string | null
}

export function waitingOf(volumes: readonly { held: number; oldestWaitingAt: string | null }[]): Waiting {
  const times = volumes.flatMap(({ oldestWaitingAt }) => oldestWaitingAt ?? [])
  return {
    held: volumes.reduce((held, volume) => held + volume.held, 0),
    oldestAt: times.reduce<string | null>(
      (oldest, time) => (oldest === null || Date.parse(time) < Date.parse(oldest) ? time : oldest),
      null,
    ),
  }
}
