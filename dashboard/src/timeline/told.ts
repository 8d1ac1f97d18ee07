/** What a card is made of, and from what. */
import type { Call } from './call.ts'
import type { Instants } from './instants.ts'

export interface Facts {
  readonly title: string
  readonly lines: readonly Line[]
}

export interface Line {
  readonly text: string
  /** `here`: what one stands on, among others; `when`: its time. */
  readonly look: 'plain' | 'here' | 'when'
}

/** What facts are told of: the call, and when it was read. */
export interface Told {
  readonly events: Call['events']
  readonly nowMs: number
  readonly instants: Instants
}

export function plain(text: string): Line {
  return { text, look: 'plain' }
}

export function when(text: string): Line {
  return { text, look: 'when' }
}
