/** What of a frame its user has in sight: a panel makes it as high as its page, and scrolls by itself. */
export interface SeenPart {
  /** From the top of the frame. */
  topPx: number
  heightPx: number
}

/** Less than this is too little for a dialog: it then begins above what is in sight, or ends below it. */
const LEAST_PX = 320

/** Where in the frame a dialog has its place: what is in sight, and more if that is too little. */
export function placeIn(visible: { top: number; bottom: number }, frameHeightPx: number): SeenPart {
  const heightPx = Math.min(Math.max(visible.bottom - visible.top, LEAST_PX), frameHeightPx)
  return { topPx: Math.max(0, Math.min(visible.top, frameHeightPx - heightPx)), heightPx }
}
