/**
 * Search parameters as the API has them: text as it is, so that `q=918069` stays text and links are readable. The
 * router's own would read numbers, and put quotes around what looks like one.
 */
type Search = Record<string, string | string[]>

export function parseSearch(text: string): Search {
  const params = new URLSearchParams(text)
  const search: Search = {}
  for (const name of new Set(params.keys())) {
    const [first = '', ...more] = params.getAll(name)
    search[name] = more.length === 0 ? first : [first, ...more]
  }
  return search
}

/** What is undefined or empty is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value])
      if (typeof each === 'string' && each !== '') params.append(name, each)
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** A parameter that is one text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A parameter that is one of these; anything else that a URL may hold is as if it were not there. */
export function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((each) => each === value)
}
