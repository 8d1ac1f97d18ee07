/** How the demo looks in a terminal. */
import { columns, paint } from '../terminal.ts'
import type { Verdict } from './check.ts'

export interface Line {
  atMs: number
  isWell: boolean
  webhook: string
  call: string
  position: number
  trigger: string
  note: string
}

/** One delivery. */
export function deliveryLine({ atMs, isWell, webhook, call, position, trigger, note }: Line): string {
  return [
    paint('dim', `${(atMs / 1000).toFixed(2).padStart(6)} s`),
    isWell ? paint('green', '✓') : paint('red', '✗'),
    paint('cyan', webhook.padEnd(9)),
    call.padEnd(22),
    `#${position}`,
    trigger.padEnd(39),
    paint('yellow', note),
  ]
    .join(' ')
    .trimEnd()
}

export function summary(verdicts: readonly Verdict[]): string[] {
  const yes = (holds: boolean): string => (holds ? paint('green', 'yes') : paint('red', 'NO'))
  const total = (of: (verdict: Verdict) => number): number =>
    verdicts.reduce((sum, verdict) => sum + of(verdict), 0)
  const count = (delivered: number, expected: number): string =>
    paint(delivered === expected ? 'green' : 'red', `${delivered}/${expected}`)
  const rows = [
    ['webhook', 'shape', 'delivered', 'retried', 'held', 'signed', 'in order'].map((cell) =>
      paint('bold', cell),
    ),
    ...verdicts.map((verdict) => [
      paint('cyan', verdict.webhook.name),
      verdict.webhook.shape,
      count(verdict.delivered, verdict.expected),
      String(verdict.retried),
      String(verdict.held),
      yes(verdict.areSigned),
      yes(verdict.isInOrder),
    ]),
    [
      paint('bold', 'all'),
      '',
      count(
        total((verdict) => verdict.delivered),
        total((verdict) => verdict.expected),
      ),
      String(total((verdict) => verdict.retried)),
      String(total((verdict) => verdict.held)),
      yes(verdicts.every((verdict) => verdict.areSigned)),
      yes(verdicts.every((verdict) => verdict.isInOrder)),
    ],
  ]
  return columns(rows, new Set([2, 3, 4]))
}
