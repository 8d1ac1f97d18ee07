import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { triggerOf } from '../../src/catalogue/triggers.ts'
import type { WebhookConfig } from '../../src/contracts/webhook.ts'
import { renderRequest } from '../../src/delivery/render.ts'
import { standardHeaders } from '../../src/delivery/sign.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../src/lib/json.ts'
import { contextWith, eventWith, webhookWith } from '../support/sample-webhook.ts'
import { hostileText, withoutControls } from '../support/hostile.ts'

const TRIGGER = 'dtmf_option'
const DOCUMENTED = triggerOf(TRIGGER).variables.map((variable) => variable.name)
const FORM = 'application/x-www-form-urlencoded'
const OWN: Partial<WebhookConfig> = {
  triggers: [TRIGGER],
  url: 'https://crm.example.com/hook?token=a%26b',
  parameters: [
    { key: 'whole', value: '$hostile' },
    { key: 'part', value: '<$hostile|$number$$>' },
  ],
}
const runs = { numRuns: 1_000 }

function render(variables: JsonObject, config: Partial<WebhookConfig>) {
  const context = contextWith(eventWith({ trigger: TRIGGER, variables }))
  return renderRequest(webhookWith({ ...OWN, ...config }), context, 'Asia/Kolkata')
}

function sent(variables: JsonObject, config: Partial<WebhookConfig>) {
  const request = render(variables, config)
  if (!request.ok) throw new Error('cannot be rendered')
  return request
}

/** What a reader has to find, whatever the value: these keys in this order, and the value where it belongs. */
const keys = [...DOCUMENTED, 'hostile', 'nested', 'whole', 'part']
const variablesWith = (text: string): JsonObject => ({ hostile: text, nested: { [text]: [text] } })
const part = (text: string): string => `<${text}|$>`

describe('whatever an event’s variable holds', () => {
  test('a JSON body has just the keys it should have, and the value as it came', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { body } = sent(variablesWith(text), {})
        const read = parseJson(body ?? '')
        if (!isJsonObject(read)) throw new Error('not an object')
        expect(Object.keys(read)).toEqual(keys)
        expect(read).toMatchObject({ hostile: text, whole: text, part: part(text) })
        expect(Object.entries(read['nested'] ?? {})).toEqual([[text, [text]]])
      }),
      runs,
    )
  })

  test.each(['json', 'brackets'] as const)('a form has just its fields, nested as %s', (nested_form) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { body } = sent(variablesWith(text), { content_type: FORM, nested_form })
        const read = [...new URLSearchParams(body ?? '')]
        // A key of the event may hold brackets of its own, and stays under the variable that it is in.
        const names = read.map(([name]) => (name.startsWith('nested[') ? 'nested' : name))
        expect(names).toEqual(keys)
        expect(Object.fromEntries(read)).toMatchObject({
          hostile: text.toWellFormed(),
          whole: text.toWellFormed(),
          part: part(text.toWellFormed()),
        })
      }),
      runs,
    )
  })

  test.each(['json', 'brackets'] as const)('a GET goes to the same place, nested as %s', (nested_form) => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const { url, signed, body } = sent(variablesWith(text), { method: 'GET', nested_form })
        const read = new URL(url)
        expect([read.origin, read.pathname, read.hash, body]).toEqual([
          'https://crm.example.com',
          '/hook',
          '',
          null,
        ])
        expect(url).toMatch(/^[\x21-\x7e]*$/)
        expect(read.search).toBe(`?${signed}`)
        const names = [...read.searchParams.keys()].map((name) =>
          name.startsWith('nested[') ? 'nested' : name,
        )
        expect(names).toEqual(['token', ...keys])
        expect(read.searchParams.get('whole')).toBe(text.toWellFormed())
      }),
      runs,
    )
  })

  test('a header value stays one, and no header is added', () => {
    const headers = [
      { key: 'X-First', value: '$hostile' },
      { key: 'X-Second', value: 'Bearer k-$hostile' },
    ]
    fc.assert(
      fc.property(hostileText, (text) => {
        const request = sent(variablesWith(text), { headers })
        const kept = withoutControls(text.toWellFormed())
        expect(request.cleaned).toEqual(kept === text.toWellFormed() ? [] : ['X-First', 'X-Second'])
        expect(request.headers).toEqual([
          ['X-First', kept],
          ['X-Second', `Bearer k-${kept}`],
          ['content-type', 'application/json'],
        ])
        // What the platform makes of them on the way out.
        expect(
          () =>
            new Headers(request.headers.map(([key, value]) => [key, Buffer.from(value).toString('latin1')])),
        ).not.toThrow()
      }),
      runs,
    )
  })

  test('a variable’s value is not filled in again, nor does its name reach a template’s own text', () => {
    const { body } = sent({ hostile: 'v$uuid$$v', uuid: 'secret-of-the-call', 'hostile"$number': 'v' }, {})
    expect(parseJson(body ?? '')).toMatchObject({ whole: 'v$uuid$$v', part: '<v$uuid$$v|$>' })
  })
})

test('the headers of the relay hold nothing but visible ASCII, whatever the call’s id', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const context = contextWith(eventWith({ call_id: text, trigger: TRIGGER }))
      const headers = standardHeaders({ id: 'dlv_1', timestampS: 1, signed: '', secrets: [], context })
      for (const [, value] of headers) expect(value).toMatch(/^[\x21-\x7e]*(\/1)?$/)
      const read = headers.find(([name]) => name === 'webhook-call-id')?.[1] ?? ''
      expect(decodeURIComponent(read)).toBe(text.toWellFormed())
    }),
    runs,
  )
})
