import { oneOf, textOf } from '../../search.ts'

/** What the URL of a call's page says beside its id. */
export interface CallSearch {
  /** The id of the one whose lane alone is shown. */
  webhook?: string | undefined
  only?: 'failures' | undefined
  /** Open beside the picture. */
  delivery?: string | undefined
}

export function callSearch(search: Record<string, unknown>): CallSearch {
  return {
    webhook: textOf(search['webhook']),
    only: oneOf(['failures'], search['only']),
    delivery: textOf(search['delivery']),
  }
}
