import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TRIGGER_SLUGS } from '../../src/catalogue/triggers.ts'
import { OUTBOUND_TYPES } from '../../src/catalogue/types.ts'
import { matches } from '../../src/order/match.ts'
import { Lines } from '../../src/order/line.ts'
import { MatchIndex } from '../../src/order/match-index.ts'

const triggers = TRIGGER_SLUGS.slice(0, 3)
/** Spellings of few lines, and of lines that end alike. */
const number = fc.constantFrom(
  '8065251305',
  '918065251305',
  '+91 80652 51305',
  '448065251305',
  '065251305',
  '+448065251305',
  '+65 8065 2513',
  'sip:8065251305@10.0.0.1',
  '65251305',
  '101',
  '1 0 1',
  '2101',
  'front desk',
  'back desk',
)
const outboundType = fc.constantFrom(...OUTBOUND_TYPES)
const webhook = fc.record({
  triggers: fc.uniqueArray(fc.constantFrom(...triggers), { minLength: 1 }),
  call_type: fc.constantFrom('inbound' as const, 'outbound' as const, 'all' as const),
  numbers: fc.uniqueArray(number, { maxLength: 4 }),
  outbound_types: fc.uniqueArray(outboundType),
})
const event = fc.record({
  trigger: fc.constantFrom(...triggers),
  call_type: fc.constantFrom('inbound' as const, 'outbound' as const),
  outbound_type: fc.option(outboundType),
  number: fc.option(number),
})
const countryOf = fc.constantFrom('IN', 'GB', 'SG')

test('the index finds just the webhooks that match', () => {
  fc.assert(
    fc.property(
      fc.array(webhook, { maxLength: 12 }),
      fc.array(event),
      countryOf,
      (configs, events, country) => {
        const webhooks = configs.map((config, n) => ({ ...config, id: `wh_${n}` }))
        const index = new MatchIndex(webhooks, new Lines(country))
        for (const each of events) {
          const found = [...index.idsFor(each)].sort()
          const wanted = webhooks.filter((one) => matches(one, each, country)).map(({ id }) => id)
          expect(found).toEqual(wanted.sort())
        }
      },
    ),
    { numRuns: 500 },
  )
})
