/** The axis: ticks since the call's first instant, and the folds with what they fold. Pure. */
import { strings } from '../strings.ts'
import { durationText } from '../ui/duration.ts'
import { textPx } from './labels.ts'
import { xOf, type Scale } from './scale.ts'
import type { Span } from './span.ts'

export interface Tick {
  readonly x: number
  readonly text: string
}

export interface Fold {
  readonly x: number
  readonly px: number
  readonly fromMs: number
  readonly untilMs: number
  /** `⋯ 4 m 58 s`, or `→ 4 m 58 s ←` of one that has been opened. */
  readonly text: string
  readonly isOpen: boolean
  /** Where its text stands: of one that has been opened in the middle of what is seen of it. */
  readonly pill: { readonly x: number; readonly px: number }
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
]
const LEAST_PX = 90

/** Of what is written at "now", and what is free on both sides of it. */
const NOW_PX = 40
const BETWEEN_PX = 12
/** Between the edge of a fold and its pill. */
const FOLD_INSET_PX = 8
/** Of a pill, beside its text. */
const PILL_PX = 10

/**
 * No tick is written over another, over a fold's length or over "now".
 * @param zeroMs what the ticks count from
 */
export function axisOf(
  scale: Scale,
  zeroMs: number,
  nowX: number | null,
  folds: readonly Pick<Fold, 'pill'>[],
): Tick[] {
  const taken = [...folds.map(({ pill }) => pill), ...(nowX === null ? [] : [{ x: nowX, px: NOW_PX }])]
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

/** @param opened what would be folded, and is not */
export function foldsOf(scale: Scale, opened: readonly Span[]): Fold[] {
  const { labels } = strings.call
  const folds = scale.stretches
    .filter(({ isFold }) => isFold)
    .map(({ x: contentX, px, fromMs, untilMs }): Fold => {
      const x = contentX - scale.leftPx
      const pill = { x: x + FOLD_INSET_PX, px: px - 2 * FOLD_INSET_PX }
      return {
        x,
        px,
        fromMs,
        untilMs,
        pill,
        isOpen: false,
        text: labels.fold(durationText(untilMs - fromMs)),
      }
    })
  const unfolded = opened.map(({ fromMs, untilMs }): Fold => {
    const [x, endX] = [xOf(scale, fromMs), xOf(scale, untilMs)]
    // It leaves its stretch to no side: another may begin there.
    const texts = [labels.unfolded(durationText(untilMs - fromMs)), labels.unfoldedShort]
    const text = texts.find((each) => textPx(each) + 2 * PILL_PX <= endX - x) ?? ''
    const px = Math.min(textPx(text) + 2 * PILL_PX, endX - x)
    const middle = (Math.max(x, 0) + Math.min(endX, scale.widthPx)) / 2
    const pill = { x: Math.max(x, Math.min(middle - px / 2, endX - px)), px }
    return { x, px: endX - x, fromMs, untilMs, pill, isOpen: true, text }
  })
  return [...folds, ...unfolded].sort((a, b) => a.fromMs - b.fromMs)
}

/** `0`, `+250 ms`, `+1.5 s`, `+4:58`, `+4:58.2`, `+2:00:00`: as exact as the step needs. */
function sinceText(ms: number, stepMs: number): string {
  if (ms === 0) return '0'
  if (ms < 1000) return `+${ms} ${strings.units.ms}`
  const digits = stepMs >= 1000 ? 0 : stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3
  if (ms < 60_000) return `+${(ms / 1000).toFixed(digits)} ${strings.units.s}`
  const seconds = ((ms % 60_000) / 1000).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0')
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `+${minutes}:${seconds}`
  return `+${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`
}
