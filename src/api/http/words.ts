import type * as z from 'zod'

/** What is wrong with a value of a trigger's slug: there are too many to list them all. */
export const NOT_A_TRIGGER = 'is not a trigger of the catalogue'

/**
 * What is wrong with a value, in the words that events are answered in: what it must be, and nothing of what it is. A
 * schema's own message comes first.
 */
export function wordsOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return 'is required'
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${listed(issue.values.map(String))}`
    case 'too_small':
      return sizeOf(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)
    case 'too_big':
      return sizeOf(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? `a valid ${issue.format}`}`
    case 'unrecognized_keys':
      return 'is not a known field'
    case 'invalid_union': {
      const alternatives = issue.errors.flatMap((issues) => issues.filter(({ path }) => path.length === 0))
      const words = new Set(alternatives.map(({ message }) => message))
      return words.size === 0 ? 'is not valid' : [...words].join(', or ')
    }
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return 'is not valid'
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

const FORMATS: Readonly<Record<string, string>> = {
  datetime: 'an RFC 3339 time',
  regex: 'of the form that the documents describe',
}

/** `inbound or outbound`; of three and more, `one of …`. */
function listed(values: readonly string[]): string {
  return values.length < 3 ? values.join(' or ') : `one of ${values.join(', ')}`
}

function sizeOf(origin: string, bound: string, size: number | bigint): string {
  switch (origin) {
    case 'string':
      return `must be ${bound} ${size} character${size === 1 ? '' : 's'}`
    case 'array':
      return `must hold ${bound} ${size}`
    default:
      return `must be ${bound} ${size}`
  }
}
