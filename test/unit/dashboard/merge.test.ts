/** Two editors of one webhook: whose a field becomes, whatever each of them has changed. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TRIGGERS } from '../../../src/catalogue/triggers.ts'
import {
  differencesOf,
  keptOf,
  openOf,
  rebased,
  writtenSince,
  type Choices,
  type Side,
} from '../../../dashboard/src/pages/webhook-form/merge.ts'
import type { Config, Trigger } from '../../../dashboard/src/pages/webhook-form/types.ts'
import {
  FIELDS,
  isSame,
  NEW,
  patchOf,
  valuesOf,
  writtenOf,
  type Field,
} from '../../../dashboard/src/pages/webhook-form/values.ts'

const CATALOGUE: readonly Trigger[] = TRIGGERS

const pairs = fc.array(
  fc.record({ key: fc.constantFrom('X-A', 'X-B'), value: fc.constantFrom('1', '••••') }),
  {
    maxLength: 2,
  },
)
/** Any webhook; few values of each field, so that editors often agree. */
const config: fc.Arbitrary<Config> = fc.record({
  name: fc.constantFrom('CRM', 'Helpdesk', 'Sheet'),
  description: fc.constantFrom('', 'Some words'),
  triggers: fc.subarray(['call_hangup_missed_or_answered', 'dtmf_option', 'call_received_on_server']),
  url: fc.constantFrom('https://a.example.com/', 'https://b.example.com/'),
  method: fc.constantFrom('POST', 'GET'),
  content_type: fc.constantFrom('application/json', 'application/x-www-form-urlencoded'),
  call_type: fc.constantFrom('all', 'inbound', 'outbound'),
  outbound_types: fc.shuffledSubarray(['click_to_call', 'dialer']),
  numbers: fc.shuffledSubarray(['+911', '+912', '+913']),
  date_time_format: fc.constantFrom('default', 'epoch', 'iso8601'),
  time_zone: fc.constantFrom('IST', 'UTC'),
  headers: pairs,
  parameters: pairs,
  body: fc.constantFrom('all', 'parameters'),
  value_types: fc.constantFrom('typed', 'strings'),
  nested_form: fc.constantFrom('json', 'brackets'),
  ordering: fc.constantFrom('per_call', 'none'),
  rate_limit: fc.constantFrom(null, 1, 5),
  max_age_seconds: fc.constantFrom(null, 60),
})
/** Another that differs in some of its fields at most. */
const changedFrom = (base: Config) =>
  fc.record({ fields: fc.subarray([...FIELDS]), to: config }).map(({ fields, to }) => ({
    ...base,
    ...Object.fromEntries(fields.map((field) => [field, to[field]])),
  }))
const side = fc.constantFrom<Side>('mine', 'theirs')
const choices: fc.Arbitrary<Required<Choices>> = fc.record(
  // Safe: a side for each of the fields.
  Object.fromEntries(FIELDS.map((field) => [field, side])) as Record<Field, fc.Arbitrary<Side>>,
)
const edits = config.chain((base) => fc.tuple(fc.constant(base), changedFrom(base), changedFrom(base)))

/** What an editor has changed, each field as it is meant. */
function changes(base: Config, mine: Config): Partial<Config> {
  return Object.fromEntries(
    FIELDS.filter((field) => !isSame(base[field], mine[field])).map((field) => [field, mine[field]]),
  )
}

/** What is on the form once everything is chosen, without what tells its rows apart. */
function merged(base: Config, mine: Config, theirs: Config, chosen: Choices): Config {
  const differences = differencesOf(base, changes(base, mine), theirs)
  const values = rebased(valuesOf(mine), theirs, keptOf(differences, chosen))
  const plain = (rows: readonly { key: string; value: string }[]) =>
    rows.map(({ key, value }) => ({ key, value }))
  return {
    ...values,
    headers: plain(values.headers),
    parameters: plain(values.parameters),
    rate_limit: values.rate_limit === '' ? null : Number(values.rate_limit),
    max_age_seconds: values.max_age_seconds === '' ? null : Number(values.max_age_seconds),
  }
}

describe('whatever two editors have changed', () => {
  test('what nobody but me changed stays mine, and what only they changed becomes theirs', () => {
    fc.assert(
      fc.property(edits, choices, ([base, mine, theirs], chosen) => {
        const result = merged(base, mine, theirs, chosen)
        for (const field of FIELDS) {
          const isMine = !isSame(base[field], mine[field])
          const isTheirs = !isSame(base[field], theirs[field])
          if (isMine && !isTheirs) expect(result[field]).toEqual(mine[field])
          if (!isMine) expect(result[field]).toEqual(theirs[field])
        }
      }),
    )
  })

  test('only what both changed, and not to the same, is asked; and it becomes what was chosen', () => {
    fc.assert(
      fc.property(edits, choices, ([base, mine, theirs], chosen) => {
        const differences = differencesOf(base, changes(base, mine), theirs)
        const open = openOf(differences, {})
        expect(open).toEqual(
          FIELDS.filter(
            (field) =>
              !isSame(base[field], mine[field]) &&
              !isSame(base[field], theirs[field]) &&
              !isSame(mine[field], theirs[field]),
          ),
        )
        expect(openOf(differences, chosen)).toEqual([])
        const result = merged(base, mine, theirs, chosen)
        for (const field of open)
          expect(result[field]).toEqual(chosen[field] === 'mine' ? mine[field] : theirs[field])
      }),
    )
  })

  test('who changed it alone is not asked, and neither are two who changed it to the same', () => {
    fc.assert(
      fc.property(edits, ([base, mine, theirs]) => {
        expect(openOf(differencesOf(base, changes(base, mine), base), {})).toEqual([])
        expect(openOf(differencesOf(base, {}, theirs), {})).toEqual([])
        expect(openOf(differencesOf(base, changes(base, mine), mine), {})).toEqual([])
        expect(keptOf(differencesOf(base, changes(base, mine), mine), {})).toEqual([])
      }),
    )
  })

  test('no matter who of them was the faster, the same fields are asked, and the outcome can be the same', () => {
    const other = (chosen: Required<Choices>): Choices =>
      Object.fromEntries(FIELDS.map((field) => [field, chosen[field] === 'mine' ? 'theirs' : 'mine']))
    fc.assert(
      fc.property(edits, choices, ([base, mine, theirs], chosen) => {
        const one = merged(base, mine, theirs, chosen)
        const two = merged(base, theirs, mine, other(chosen))
        for (const field of FIELDS) expect(isSame(one[field], two[field])).toBe(true)
      }),
    )
  })

  test('a third who changed something else asks nothing again', () => {
    const three = edits.chain(([base, mine, theirs]) =>
      fc.tuple(fc.constant(base), fc.constant(mine), fc.constant(theirs), changedFrom(theirs)),
    )
    fc.assert(
      fc.property(three, choices, ([base, mine, theirs, third], chosen) => {
        const second = merged(base, mine, theirs, chosen)
        const asked = openOf(differencesOf(theirs, changes(theirs, second), third), {})
        for (const field of asked) expect(isSame(theirs[field], third[field])).toBe(false)
      }),
    )
  })
})

describe('what goes by itself', () => {
  const base: Config = {
    ...NEW,
    name: 'CRM',
    triggers: ['call_hangup_missed_or_answered'],
    numbers: ['+911'],
  }

  test('a filter that my change made meaningless is no change of mine', () => {
    const values = { ...valuesOf(base), call_type: 'outbound' as const }
    expect(patchOf(values, base, CATALOGUE)).toEqual({ call_type: 'outbound', numbers: [] })
    expect(writtenOf(values, base, CATALOGUE)).toEqual({ call_type: 'outbound' })
  })

  test('it stays if they chose otherwise, and goes with my choice', () => {
    const theirs: Config = { ...base, call_type: 'inbound', numbers: ['+911', '+912'] }
    const values = { ...valuesOf(base), call_type: 'outbound' as const }
    const differences = differencesOf(base, writtenOf(values, base, CATALOGUE), theirs)
    expect(differences.map(({ field, fate }) => [field, fate])).toEqual([
      ['call_type', 'contested'],
      ['numbers', 'theirs'],
    ])
    const patch = (call_type: Side) =>
      patchOf(rebased(values, theirs, keptOf(differences, { call_type })), theirs, CATALOGUE)
    expect(patch('theirs')).toEqual({})
    expect(patch('mine')).toEqual({ call_type: 'outbound', numbers: [] })
  })
})

test('what is written while the form is being saved stays, and all else is as it was stored', () => {
  fc.assert(
    fc.property(config, config, config, (a, b, c) => {
      const [sent, now, stored] = [valuesOf(a), valuesOf(b), valuesOf(c)]
      const next = writtenSince(sent, now, stored)
      for (const field of FIELDS) {
        expect(next[field]).toEqual(isSame(now[field], sent[field]) ? stored[field] : now[field])
      }
    }),
  )
})
