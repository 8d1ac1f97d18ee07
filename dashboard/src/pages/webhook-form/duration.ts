const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** Whole seconds in the largest units that tell them, two at most: `1 hour 30 minutes`. */
export function durationText(seconds: number): string {
  let left = seconds
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0)
      parts.push(new Intl.NumberFormat('en-IN', { style: 'unit', unit, unitDisplay: 'long' }).format(count))
  }
  return parts.slice(0, 2).join(' ')
}
