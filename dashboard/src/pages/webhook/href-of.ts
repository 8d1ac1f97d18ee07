import { basePath } from '../../place.ts'
import { stringifySearch } from '../../search.ts'

/** A page that this router does not know yet, of the account that is chosen. */
export function hrefOf(path: string, search: Record<string, string | undefined> = {}): string {
  const account = new URLSearchParams(window.location.search).get('account') ?? undefined
  return `${basePath === '/' ? '' : basePath}${path}${stringifySearch({ ...search, account })}`
}
