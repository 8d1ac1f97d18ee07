/** Where a card stands. Pure. */

/** Between a card and what it is of. */
const BETWEEN_PX = 6

/**
 * Above or below its row, where it is seen as a whole; below if it is nowhere.
 * @param place in the picture, whose top is 0
 * @param seen where the picture begins in the window, and from where to where in that it is seen
 * @returns its top in the picture
 */
export function cardTop(
  {
    row,
    heightPx,
    isAbove,
  }: { row: { readonly top: number; readonly bottom: number }; heightPx: number; isAbove: boolean },
  { pictureTop, fromPx, untilPx }: { pictureTop: number; fromPx: number; untilPx: number },
): number {
  const above = row.top - BETWEEN_PX - heightPx
  const below = row.bottom + BETWEEN_PX
  const fitsAbove = pictureTop + above >= fromPx
  const fitsBelow = pictureTop + below + heightPx <= untilPx
  return fitsAbove && (isAbove || !fitsBelow) ? above : below
}
