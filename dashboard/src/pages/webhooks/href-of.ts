import { pathHere } from '../../place.ts'

export function hrefOf(path: string, account: string | undefined, search: Record<string, string> = {}) {
  const params = new URLSearchParams({ ...search, ...(account === undefined ? {} : { account }) })
  return `${pathHere(path)}${params.size === 0 ? '' : `?${params.toString()}`}`
}
