/** What a text that somebody pastes into the search box may be. Pure. */

export type Sought =
  | { kind: 'nothing' }
  | { kind: 'delivery'; id: string }
  /** A number as it is written with its country code, and so no call's id. */
  | { kind: 'number'; number: string }
  | { kind: 'call'; id: string }
  /** Digits alone: a call's id may look like a number. */
  | { kind: 'call_or_number'; text: string }

const DELIVERY_ID = /^dlv_[0-9a-hjkmnp-tv-z]{52}$/i
/** As the API has it for a number that is looked for. */
const FEWEST_DIGITS = 6
/** Longer than any number with its extension. */
const MOST_DIGITS = 20

/** What a text is: ids as they are, a number in any spelling or by its last digits. */
export function soughtBy(text: string): Sought {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'nothing' }
  if (DELIVERY_ID.test(trimmed)) return { kind: 'delivery', id: `dlv_${trimmed.slice(4).toUpperCase()}` }
  const plain = trimmed.normalize('NFKC').replaceAll(/\p{Cf}/gu, '')
  if (!isNumber(plain)) return { kind: 'call', id: trimmed }
  const isCertain = /^\D*\+|^00|(?:sips?|tel):|\s|\(/i.test(plain)
  return isCertain ? { kind: 'number', number: trimmed } : { kind: 'call_or_number', text: trimmed }
}

function isNumber(plain: string): boolean {
  const uri = /(?:sips?|tel):([^@;>]*)/i.exec(plain)?.[1]
  const written = uri ?? plain
  const digits = written.replaceAll(/\D/g, '').length
  if (digits < FEWEST_DIGITS || digits > MOST_DIGITS) return false
  return uri !== undefined || /^[\d\s+().,/\-‐-―#*]*(?:(?:x|ext\.?)\s*\d+)?$/iu.test(written)
}
