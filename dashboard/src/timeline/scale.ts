/** From time to pixels and back, with folded stretches, and what zooming and panning make of a view. Pure. */
import type { FoldedSpan } from './span.ts'

/** How wide a fold is drawn, whatever it folds and however near one looks. */
export const FOLD_PX = 84
/** What is left free before the first and after the last instant. */
const LEFT_PX = 16
const RIGHT_PX = 72
/** As near as one can look. */
const MOST_PX_PER_MS = 10

/** Where one looks. Both are absolute, so that what comes in later moves nothing that is being read. */
export type View =
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'part'
      readonly pxPerMs: number
      /** The time at the left edge. */ readonly leftMs: number
    }

export const WHOLE: View = { kind: 'whole' }

/** A stretch of time that is drawn evenly. */
export interface Stretch {
  readonly fromMs: number
  readonly untilMs: number
  readonly isFold: boolean
  /** In the content, which begins at 0. */
  readonly x: number
  readonly px: number
}

export interface Scale {
  readonly stretches: readonly Stretch[]
  readonly pxPerMs: number
  readonly contentPx: number
  /** Of the content, at the left edge of what is seen. */
  readonly leftPx: number
  readonly widthPx: number
}

/** @param widthPx of what is seen */
export function scaleOf(span: FoldedSpan, view: View, widthPx: number): Scale {
  const least = wholePxPerMs(span, widthPx)
  if (view.kind === 'whole') return { ...drawn(span, least), leftPx: 0, widthPx }
  const pxPerMs = Math.max(view.pxPerMs, least)
  const content = drawn(span, pxPerMs)
  const leftPx = contentX(content.stretches, view.leftMs)
  return { ...content, leftPx: within(leftPx, 0, Math.max(0, content.contentPx - widthPx)), widthPx }
}

/** The whole of a call at a scale that is kept. */
export function wholeView({ fromMs }: FoldedSpan, pxPerMs: number): View {
  return { kind: 'part', pxPerMs, leftMs: fromMs - LEFT_PX / pxPerMs }
}

/** How many folds leave room for what is not folded. */
export function mostFolds(widthPx: number): number {
  return Math.max(0, Math.floor((widthPx * 0.55) / FOLD_PX))
}

/** Where a time is in what is seen. */
export function xOf(scale: Scale, ms: number): number {
  return contentX(scale.stretches, ms) - scale.leftPx
}

/** The time at a place in what is seen. */
export function msAt({ stretches, leftPx }: Scale, x: number): number {
  const at = x + leftPx
  const stretch = stretches.findLast((each) => each.x <= at) ?? stretches[0]
  if (stretch === undefined) return 0
  const share = (at - stretch.x) / stretch.px
  // Beyond both ends there is no time, but one can point there.
  return stretch.fromMs + share * (stretch.untilMs - stretch.fromMs)
}

/**
 * Looks nearer or from further away; what is at `atX` stays there.
 * @param factor above 1 is nearer
 */
export function zoomed(span: FoldedSpan, view: View, widthPx: number, factor: number, atX: number): View {
  const before = scaleOf(span, view, widthPx)
  const least = wholePxPerMs(span, widthPx)
  const pxPerMs = Math.min(before.pxPerMs * factor, Math.max(least, MOST_PX_PER_MS))
  // A little above: to come back to the whole needs no luck with floating point.
  if (pxPerMs <= least * 1.000_001) return WHOLE
  const content = drawn(span, pxPerMs)
  const leftPx = contentX(content.stretches, msAt(before, atX)) - atX
  return partAt(content, widthPx, leftPx)
}

/** @param byPx above 0 looks at what is later */
export function panned(span: FoldedSpan, view: View, widthPx: number, byPx: number): View {
  if (view.kind === 'whole') return view
  const scale = scaleOf(span, view, widthPx)
  return partAt(scale, widthPx, scale.leftPx + byPx)
}

/** The same view if the time is in it; else one that has it in its middle. */
export function brought(span: FoldedSpan, view: View, widthPx: number, ms: number): View {
  const scale = scaleOf(span, view, widthPx)
  const x = xOf(scale, ms)
  const marginPx = Math.min(40, widthPx / 4)
  if (x >= marginPx && x <= widthPx - marginPx) return view
  return panned(span, view, widthPx, x - widthPx / 2)
}

type Content = Pick<Scale, 'stretches' | 'pxPerMs' | 'contentPx'>

function partAt({ stretches, pxPerMs, contentPx }: Content, widthPx: number, leftPx: number): View {
  const left = within(leftPx, 0, Math.max(0, contentPx - widthPx))
  const scale: Scale = { stretches, pxPerMs, contentPx, leftPx: 0, widthPx }
  return { kind: 'part', pxPerMs, leftMs: msAt(scale, left) }
}

function wholePxPerMs({ fromMs, untilMs, folds }: FoldedSpan, widthPx: number): number {
  const foldedMs = folds.reduce((sum, fold) => sum + fold.untilMs - fold.fromMs, 0)
  const px = Math.max(1, widthPx - LEFT_PX - RIGHT_PX - folds.length * FOLD_PX)
  return px / (untilMs - fromMs - foldedMs)
}

function drawn({ fromMs, untilMs, folds }: FoldedSpan, pxPerMs: number): Content {
  const stretches: Stretch[] = []
  let x = 0
  const add = (from: number, until: number, px: number, isFold: boolean): void => {
    stretches.push({ fromMs: from, untilMs: until, isFold, x, px })
    x += px
  }
  let atMs = fromMs
  add(fromMs - LEFT_PX / pxPerMs, fromMs, LEFT_PX, false)
  for (const fold of folds) {
    add(atMs, fold.fromMs, (fold.fromMs - atMs) * pxPerMs, false)
    add(fold.fromMs, fold.untilMs, FOLD_PX, true)
    atMs = fold.untilMs
  }
  add(atMs, untilMs, (untilMs - atMs) * pxPerMs, false)
  add(untilMs, untilMs + RIGHT_PX / pxPerMs, RIGHT_PX, false)
  return { stretches, pxPerMs, contentPx: x }
}

function contentX(stretches: readonly Stretch[], ms: number): number {
  const stretch = stretchAt(stretches, ms)
  if (stretch === undefined) return 0
  return stretch.x + ((ms - stretch.fromMs) / (stretch.untilMs - stretch.fromMs)) * stretch.px
}

/** The last that begins at a time or before it; the first if none does. Asked for each piece of a picture. */
function stretchAt(stretches: readonly Stretch[], ms: number): Stretch | undefined {
  for (let index = stretches.length - 1; index > 0; index--) {
    const stretch = stretches[index]
    if (stretch !== undefined && stretch.fromMs <= ms) return stretch
  }
  return stretches[0]
}

function within(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
