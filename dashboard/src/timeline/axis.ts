/** The axis: ticks since the call's first instant, and the folds with what they fold. Pure. */
import { strings } from '../strings.ts'
import { lasting } from './duration.ts'
import { textPx } from './labels.ts'
import { xOf, type Scale } from './scale.ts'

export interface Tick {
  readonly x: number
  readonly text: string
}

export interface Fold {
  readonly x: number
  readonly px: number
  readonly fromMs: number
  readonly untilMs: number
  /** `⋯ 4 m 58 s`. */
  readonly text: string
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
]
const LEAST_PX = 90

/** Of what is written at "now", and what is free on both sides of it. */
const NOW_PX = 40
const BETWEEN_PX = 12
/** Between the edge of a fold and what is written on it. */
export const FOLD_INSET_PX = 8

/**
 * No tick is written over another, over a fold's length or over "now".
 * @param zeroMs what the ticks count from
 */
export function axisOf(scale: Scale, zeroMs: number, nowX: number | null): Tick[] {
  const taken = [
    ...foldsOf(scale).map(({ x, px }) => ({ x: x + FOLD_INSET_PX, px: px - 2 * FOLD_INSET_PX })),
    ...(nowX === null ? [] : [{ x: nowX, px: NOW_PX }]),
  ]
  const stepMs = STEPS_MS.find((ms) => ms * scale.pxPerMs >= LEAST_PX) ?? 86_400_000
  const ticks: Tick[] = []
  let freeX = 0
  for (const stretch of scale.stretches) {
    const fromX = stretch.x - scale.leftPx
    if (stretch.isFold || fromX + stretch.px < 0 || fromX > scale.widthPx) continue
    // Of what is seen alone: near by, a stretch may have very many.
    const fromMs = Math.max(zeroMs, stretch.fromMs, stretch.fromMs - fromX / scale.pxPerMs)
    const lastMs = Math.min(stretch.untilMs, stretch.fromMs + (scale.widthPx - fromX) / scale.pxPerMs)
    for (let ms = Math.ceil((fromMs - zeroMs) / stepMs) * stepMs; zeroMs + ms <= lastMs; ms += stepMs) {
      const x = xOf(scale, zeroMs + ms)
      const text = sinceText(ms, stepMs)
      const endX = x + textPx(text)
      const isTaken = taken.some((each) => endX + BETWEEN_PX > each.x && x < each.x + each.px)
      if (x < freeX || endX > scale.widthPx || isTaken) continue
      ticks.push({ x, text })
      freeX = endX + BETWEEN_PX
    }
  }
  return ticks
}

export function foldsOf(scale: Scale): Fold[] {
  return scale.stretches
    .filter(({ isFold }) => isFold)
    .map(({ x, px, fromMs, untilMs }) => ({
      x: x - scale.leftPx,
      px,
      fromMs,
      untilMs,
      text: strings.call.labels.fold(lasting(untilMs - fromMs)),
    }))
}

/** `0`, `+250 ms`, `+1.5 s`, `+4:58`, `+4:58.2`, `+2:00:00`: as exact as the step needs. */
function sinceText(ms: number, stepMs: number): string {
  if (ms === 0) return '0'
  if (ms < 1000) return `+${ms} ${strings.call.units.ms}`
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  if (ms < 60_000) return `+${(ms / 1000).toFixed(digits)} ${strings.call.units.s}`
  const seconds = ((ms % 60_000) / 1000).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0')
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `+${minutes}:${seconds}`
  return `+${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`
}
