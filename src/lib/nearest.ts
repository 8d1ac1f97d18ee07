/**
 * The known name that a mistyped one is most likely meant to be; null if none is near. Upper and lower case do not
 * count, a letter that is missing, too much, another or in another's place counts one.
 * @param known long names may be two letters off, short ones one, and very short ones none: they would be near to much
 */
export function nearest(name: string, known: Iterable<string>): string | null {
  let best: { name: string; letters: number } | null = null
  for (const each of known) {
    const letters = lettersOff(name.toUpperCase(), each.toUpperCase())
    if (letters <= mostOff(each) && letters < (best?.letters ?? Infinity)) best = { name: each, letters }
  }
  return best?.name ?? null
}

function mostOff({ length }: string): number {
  return length >= 8 ? 2 : length >= 6 ? 1 : 0
}

/** The distance of Damerau and Levenshtein, in its restricted form. */
function lettersOff(a: string, b: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1]
      let off = Math.min((last?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last?.[j - 1] ?? 0) + Number(!isSame))
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwapped) off = Math.min(off, (before?.[j - 2] ?? 0) + 1)
      row.push(off)
    }
    ;[before, last] = [last, row]
  }
  return last?.[b.length] ?? 0
}
