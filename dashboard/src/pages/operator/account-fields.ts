import { strings } from '../../strings.ts'

const words = strings.operator.account

/** What is checked before the API is asked, which has the last word. */
export const accountChecks = {
  name: (name: string) => (name.trim() === '' ? words.nameNeeded : null),
  country: (country: string) => (/^[A-Za-z]{2}$/.test(country.trim()) ? null : words.countryNeeded),
}

/** As the API takes them. */
export function accountFields({ name, country }: { name: string; country: string }) {
  return { name: name.trim(), country: country.trim().toUpperCase() }
}
