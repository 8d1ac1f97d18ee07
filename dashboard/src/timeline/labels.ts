/** Which labels there is room for. Those that do not fit are left to hover and to the table. Pure. */

/** A label that something would like to have, where it begins and how wide it is. */
export interface Wish {
  readonly x: number
  readonly px: number
  /** The longest that fits is taken. */
  readonly texts: readonly string[]
  /** Lower is served first. */
  readonly rank: number
  /** It fits within what it labels, or not at all. */
  readonly isInside?: boolean
  /** The id of what it labels, if it is one thing. */
  readonly of?: string
}

export interface Label {
  readonly x: number
  readonly px: number
  readonly text: string
  readonly of?: string | undefined
}

const BETWEEN_PX = 6

/**
 * In the order of `rank`, then from left to right; no label overlaps another, or what is taken.
 * @param widthPx labels are within it
 */
export function labelsOf(
  wishes: readonly Wish[],
  taken: readonly { x: number; px: number }[],
  widthPx: number,
): Label[] {
  const labels: Label[] = []
  const full = taken.filter(({ x, px }) => x + px > 0 && x < widthPx)
  const isFree = (x: number, px: number): boolean =>
    x >= 0 &&
    x + px <= widthPx &&
    [...full, ...labels].every((each) => x + px + BETWEEN_PX <= each.x || x >= each.x + each.px + BETWEEN_PX)
  const seen = wishes.filter(({ x, px }) => x + px >= 0 && x <= widthPx)
  for (const { x, px, texts, isInside, of } of seen.sort((a, b) => a.rank - b.rank || a.x - b.x)) {
    for (const text of texts) {
      const wide = textPx(text)
      // At the right edge it ends where it would else begin.
      const right = x + wide > widthPx ? x + px - wide : x
      const at = isInside === true ? x + (px - wide) / 2 : right
      if (text === '' || (isInside === true && wide > px) || !isFree(at, wide)) continue
      labels.push({ x: at, px: wide, text, of })
      break
    }
  }
  return labels.sort((a, b) => a.x - b.x)
}

/** How wide a label is, near enough: it is drawn in one size. */
export function textPx(text: string): number {
  return text.length * 6.3
}
