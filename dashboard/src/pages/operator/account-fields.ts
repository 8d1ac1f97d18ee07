import { strings } from '../../strings.ts'

const words = strings.operator.account

/** What is checked before the API is asked, which has the last word. */
export const accountChecks = {
  name: (name: string) => (name.trim() === '' ? words.nameNeeded : null),
  country: (country: string) => (/^[A-Za-z]{2}$/.test(country.trim()) ? null : words.countryNeeded),
}

const MOST_SHARDS = 256

/** The same of the shards, which are chosen when the account is made. */
export function shardsCheck(shards: number | string): string | null {
  const isTaken =
    typeof shards === 'number' && Number.isInteger(shards) && shards >= 1 && shards <= MOST_SHARDS
  return isTaken ? null : strings.operator.shards.needed
}

/** As the API takes them. */
export function accountFields({ name, country }: { name: string; country: string }) {
  return { name: name.trim(), country: country.trim().toUpperCase() }
}
