/** The form of a webhook, without its pixels: what it shows, and what it sends. */
import { describe, expect, test } from 'vitest'
import { TRIGGERS } from '../../../src/catalogue/triggers.ts'
import {
  callTypesFor,
  outboundTypesFor,
  shownFields,
} from '../../../dashboard/src/pages/webhook-form/applies.ts'
import { durationText } from '../../../dashboard/src/pages/webhook-form/duration.ts'
import type { Config, Trigger } from '../../../dashboard/src/pages/webhook-form/types.ts'
import { messageAt, placed } from '../../../dashboard/src/pages/webhook-form/faults.ts'
import {
  bodyOf,
  cloneOf,
  NEW,
  newRow,
  patchOf,
  valuesOf,
} from '../../../dashboard/src/pages/webhook-form/values.ts'
import { variablesFor } from '../../../dashboard/src/pages/webhook-form/variables.ts'

const CATALOGUE: readonly Trigger[] = TRIGGERS
const INBOUND = 'call_received_on_server'
const ANY = 'call_hangup_missed_or_answered'
const CLICK = 'call_answered_by_customer_click_to_call'

const STORED: Config = {
  ...NEW,
  name: 'CRM',
  url: 'https://crm.example.com/',
  triggers: [ANY],
  headers: [{ key: 'X-Key', value: '••••' }],
}

describe('what applies', () => {
  const shown = (more: Partial<Config>) => shownFields({ ...NEW, ...more }, null, CATALOGUE)

  test('a GET has no content type, and JSON no form for objects', () => {
    expect(shown({ method: 'GET' })).toMatchObject({
      contentType: false,
      nestedForm: true,
      valueTypes: false,
    })
    expect(shown({})).toMatchObject({ contentType: true, nestedForm: false, valueTypes: true })
  })

  test('an object in a form is text already if all values are', () => {
    const form = { content_type: 'application/x-www-form-urlencoded' } as const
    expect(shown(form)).toMatchObject({ nestedForm: true, valueTypes: false })
    expect(shown({ ...form, value_types: 'strings' })).toMatchObject({ nestedForm: false, valueTypes: true })
  })

  test('numbers are of inbound calls, outbound types of outbound ones', () => {
    expect(shown({ call_type: 'inbound' })).toMatchObject({ numbers: true, outboundTypes: false })
    expect(shown({ call_type: 'outbound' })).toMatchObject({ numbers: false, outboundTypes: true })
    expect(shown({ triggers: [INBOUND] })).toMatchObject({ numbers: true, outboundTypes: false })
    expect(shown({ triggers: [CLICK] })).toMatchObject({ numbers: false, outboundTypes: false })
  })

  test('only call types are offered that each trigger can fire for, and the one that is chosen', () => {
    const types = (more: Partial<Config>) => callTypesFor({ ...NEW, ...more }, CATALOGUE)
    expect(types({})).toEqual(['all', 'inbound', 'outbound'])
    expect(types({ triggers: [INBOUND, ANY] })).toEqual(['all', 'inbound'])
    expect(types({ triggers: [INBOUND, CLICK] })).toEqual(['all'])
    expect(types({ triggers: [INBOUND], call_type: 'outbound' })).toEqual(['all', 'inbound', 'outbound'])
    expect(outboundTypesFor({ ...NEW, triggers: [CLICK] }, CATALOGUE)).toEqual(['click_to_call'])
  })

  test('a filter that is stored and does not apply is there to be taken out', () => {
    const odd: Config = { ...STORED, call_type: 'inbound', outbound_types: ['dialer'] }
    expect(shownFields(odd, odd, CATALOGUE).outboundTypes).toBe(true)
    expect(patchOf(valuesOf(odd), odd, CATALOGUE)).toEqual({})
  })
})

describe('what is sent', () => {
  test('of a new webhook is what the form shows: a filter that is not there lets all through', () => {
    const values = { ...valuesOf(NEW), outbound_types: ['dialer' as const], call_type: 'inbound' as const }
    expect(bodyOf(values, null, CATALOGUE)).toEqual({ ...NEW, call_type: 'inbound' })
  })

  test('of one that was read, and is as it was, is nothing', () => {
    expect(patchOf(valuesOf(STORED), STORED, CATALOGUE)).toEqual({})
  })

  test('is just what was changed', () => {
    const values = { ...valuesOf(STORED), name: ' Other ', rate_limit: 5, max_age_seconds: '' }
    expect(patchOf(values, STORED, CATALOGUE)).toEqual({ name: 'Other', rate_limit: 5 })
  })

  test('has the mask for header values that nobody replaced', () => {
    const values = valuesOf(STORED)
    const more = { ...values, headers: [...values.headers, newRow('X-Two', '2')] }
    expect(patchOf(more, STORED, CATALOGUE)).toEqual({
      headers: [
        { key: 'X-Key', value: '••••' },
        { key: 'X-Two', value: '2' },
      ],
    })
  })

  test('has no rows that nothing is written in, and faults find the row that is meant', () => {
    const values = { ...valuesOf(NEW), headers: [newRow(), newRow('Host', 'x')] }
    expect(bodyOf(values, null, CATALOGUE)['headers']).toEqual([{ key: 'Host', value: 'x' }])
    expect(placed({ path: 'webhook.headers.0.key', message: 'is wrong' }, values).path).toBe('headers.1.key')
  })

  test('a set in another order is the same', () => {
    const stored = { ...STORED, numbers: ['1', '2'] }
    expect(patchOf({ ...valuesOf(stored), numbers: ['2', '1'] }, stored, CATALOGUE)).toEqual({})
  })

  test('a filter goes that the change makes meaningless', () => {
    const stored: Config = { ...STORED, outbound_types: ['dialer'] }
    const values = { ...valuesOf(stored), call_type: 'inbound' as const }
    expect(patchOf(values, stored, CATALOGUE)).toEqual({ call_type: 'inbound', outbound_types: [] })
  })

  test('a copy has a name that fits', () => {
    const { name } = cloneOf({ ...STORED, name: 'a'.repeat(120) }, (of) => `Copy of ${of}`)
    expect(name).toHaveLength(120)
  })
})

describe('faults', () => {
  const values = { ...valuesOf(NEW), numbers: ['+911', '+912'] }

  test('of a list that is one field stand there, and say which of it is meant', () => {
    const fault = placed({ path: 'numbers.1', message: 'is not yours' }, values)
    expect(fault).toEqual({ path: 'numbers', message: '+912 is not yours' })
  })

  test('are sentences, with names as they are', () => {
    const list = [
      { path: 'a', message: 'must be one' },
      { path: 'a', message: 'call_hangup_missed is deprecated' },
      { path: 'b', message: 'elsewhere' },
    ]
    expect(messageAt(list, 'a')).toBe('Must be one. call_hangup_missed is deprecated.')
    expect(messageAt(list, 'c')).toBeNull()
  })
})

test('variables are those of all triggers, with what the sample has, and say who lacks them', () => {
  const two = CATALOGUE.filter(({ slug }) => slug === INBOUND || slug === 'dtmf_option')
  const found = variablesFor(two, { uuid: 'u-1', digits: ['1'] }, { attempt: 'Which attempt.' })
  const byName = new Map(found.map((each) => [each.name, each]))
  expect(byName.get('uuid')).toMatchObject({ sample: 'u-1', missingIn: [] })
  expect(byName.get('attempt')).toMatchObject({ sample: null })
  const lacking = found.find(({ missingIn }) => missingIn.length > 0)
  expect(lacking?.missingIn).toHaveLength(1)
})

test.each([
  [60, '1 minute'],
  [5400, '1 hour 30 minutes'],
  [90_061, '1 day 1 hour'],
])('%i s are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})
