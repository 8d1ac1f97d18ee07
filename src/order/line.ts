/** Phone numbers as people write them, and the one spelling by which they are compared. */
import QuickLRU from 'quick-lru'
// With less metadata a number is valid by its length, and `14155550123` would be an Indian one.
import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max'

/** Whether a country's numbers can be read. */
export function isCountry(country: string): country is CountryCode {
  return isSupportedCountry(country)
}

/**
 * What all spellings of one line have in common, and no two lines: its E.164, and of what is no valid number the digits.
 * It costs some 30 µs, which is a good part of an event: what is on the way of events uses `Lines`.
 * @param country (ISO 3166) how it is read without a country code
 */
export function lineOf(number: string, country: string): string {
  const line = dialled(number)
  const valid = e164(line, country)
  if (valid !== null) return valid
  const digits = digitsOf(line)
  return digits === '' ? `text:${number}` : digits
}

/** As many as an account may have of its own numbers, which are those that its calls come in on. */
const LINES_KEPT = 1_000

/** `lineOf` in one country, which remembers the last numbers that it was asked for. */
export class Lines {
  readonly country: string
  readonly #known = new QuickLRU<string, string>({ maxSize: LINES_KEPT })

  constructor(country: string) {
    this.country = country
  }

  of(number: string): string {
    const known = this.#known.get(number)
    if (known !== undefined) return known
    const line = lineOf(number, this.country)
    this.#known.set(number, line)
    return line
  }
}

/** How a number is kept, by its `lineOf`: in E.164 if it is valid, else as it was given, like a short code. */
export function keptNumber(number: string, line: string): string {
  return line.startsWith('+') ? line : number
}

/** What of a SIP address, a tel URI or a name with one is dialled: `8069010148` of `"Main" <sip:8069010148@10.0.0.1>`. */
export function dialled(number: string): string {
  // Address books put marks of direction around a number. No country code begins with 0.
  const line = number
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replace(/^(\D*)\+(?=\D*0)/, '$1')
  const uri = /(?:sips?|tel):([^>]*)/i.exec(line)?.[1] ?? line
  // What follows the user is its password, its host, or what is said about the call.
  const [user = ''] = uri.split(/[:@]|;(?!ext=)/i)
  return user
    .replace(/%(2[0-9B])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .trim()
}

/** Null if it is no valid number; an extension has no E.164. */
function e164(line: string, country: string): string | null {
  const digits = digitsOf(line)
  // Most short codes, and whatever is no number at all, are not worth the search.
  if (digits.length < 4 || digits.length > 25) return null
  const hasPlus = /^\D*\+/.test(line)
  const readings = [line]
  // `PSTN/08069010148`, `Extension-101`: what stands around the number is none of it.
  if (/\p{L}/u.test(line) && !/ext|x/i.test(line)) readings.push((hasPlus ? '+' : '') + digits)
  // Cores write numbers from abroad as their digits alone, and some put a trunk prefix before the country code.
  if (!hasPlus) readings.push(`+${digits.replace(/^0+/, '')}`)
  for (const reading of readings) {
    const parsed = parsePhoneNumberFromString(reading, {
      ...(isCountry(country) ? { defaultCountry: country } : {}),
      extract: false,
    })
    if (parsed?.isValid() === true) return parsed.ext === undefined ? parsed.number : null
  }
  return null
}

/** The digits of a number as it is written, in their order. */
export function digitsOf(line: string): string {
  return line.replace(/\D/g, '')
}
