/** A part as a percentage. What is not all is never shown as all, nor what is something as nothing. */
export function percentText(part: number): string {
  const tenths = part * 1000
  const shown = part >= 1 ? 1000 : part <= 0 ? 0 : Math.min(999, Math.max(1, Math.round(tenths)))
  return `${shown / 10} %`
}
