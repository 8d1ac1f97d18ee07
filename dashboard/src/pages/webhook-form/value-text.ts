/** Values of a webhook's fields in words, for who compares two versions. */
import type { Trigger } from './types.ts'
import { strings } from '../../strings.ts'
import type { Field } from './values.ts'

const words = strings.webhookForm

/** A value of a field; each line of it is one of several. */
export function valueLines(field: Field, value: unknown, triggers: readonly Trigger[]): string[] {
  if (value === null || value === '') return [words.meanwhile.none]
  if (typeof value === 'string') return [labelOf(field, value)]
  if (!Array.isArray(value)) return [JSON.stringify(value)]
  if (value.length === 0) {
    const isFilter = field === 'numbers' || field === 'outbound_types'
    return [isFilter ? words.meanwhile.every : words.meanwhile.none]
  }
  return value.map((each: unknown) => {
    if (typeof each !== 'string') return pairText(each)
    return triggers.find(({ slug }) => slug === each)?.name ?? labelOf(field, each)
  })
}

function labelOf(field: Field, value: string): string {
  const choices: Record<string, Record<string, string>> = {
    ...words.choices,
    call_type: strings.webhooks.callTypes,
    outbound_types: strings.webhooks.outboundTypes,
  }
  return choices[field]?.[value] ?? value
}

function pairText(pair: unknown): string {
  const isPair = typeof pair === 'object' && pair !== null && 'key' in pair && 'value' in pair
  return isPair ? `${String(pair.key)}: ${String(pair.value)}` : String(pair)
}
