import { beforeAll, describe, expect, test } from 'vitest'
import { bodySchemaOf, parametersOf } from '../../src/api/docs/operations.ts'
import type { Page, ProblemBody } from '../support/control.ts'
import { document, operations } from '../support/document.ts'
import { api, newAccount, newWebhook, Receivers } from '../support/relay.ts'

let account: string
let webhook: string
beforeAll(async () => {
  const receivers = new Receivers()
  account = await newAccount()
  webhook = await newWebhook(account, receivers.add('times'))
})

const NO_TIMES = [
  '2021-02-30T00:00:00Z',
  '2021-08-09 12:28:44Z',
  '2021-08-09T12:28:44',
  '2021-08-09',
  '1',
  '',
]
const TIMES = ['2021-08-09T17:58:44+05:30', '2021-08-09t12:28:44.123456z', '2016-12-31T23:59:60Z']

const lists = (): string[] => [
  `/v1/webhooks/${webhook}/deliveries`,
  '/v1/deliveries',
  '/v1/calls',
  '/v1/audit',
]

describe('a time in a query', () => {
  test('is RFC 3339 in any spelling, of a day that there is', async () => {
    for (const list of lists()) {
      for (const name of ['since', 'until']) {
        const ask = (time: string) =>
          api<ProblemBody>(
            'GET',
            `${list}?${new URLSearchParams({ account_id: account, [name]: time }).toString()}`,
          )
        for (const time of TIMES) expect([list, time, (await ask(time)).status]).toEqual([list, time, 200])
        for (const time of NO_TIMES) {
          const refused = await ask(time)
          expect([list, time, refused.status]).toEqual([list, time, 422])
          expect(refused.body.errors).toEqual([
            { path: name, message: 'must be an RFC 3339 time, such as 2026-07-11T15:44:45Z' },
          ])
        }
      }
    }
  })

  test('is an instant: with another offset the cursor goes on, and fractions of a millisecond count', async () => {
    await api('POST', '/v1/webhooks?account_id=' + account, { name: 'x' })
    const { data } = (
      await api<Page<{ id: string; created_at: string }>>('GET', `/v1/audit?account_id=${account}`)
    ).body
    const newest = data[0]?.created_at ?? ''
    const ids = async (query: Record<string, string>) => {
      const asked = new URLSearchParams({ account_id: account, ...query }).toString()
      return (await api<Page<{ id: string }>>('GET', `/v1/audit?${asked}`)).body
    }
    const isNewest = ({ created_at }: { created_at: string }): boolean => created_at === newest
    const later = newest.replace('Z', '1Z')
    expect((await ids({ since: newest })).data).toHaveLength(data.filter(isNewest).length)
    expect((await ids({ since: later })).data).toEqual([])
    expect((await ids({ until: later })).data).toHaveLength(data.length)
    const first = await ids({ since: '2021-08-09T12:28:44Z', limit: '1' })
    const rest = await ids({
      since: '2021-08-09T17:58:44+05:30',
      limit: '1',
      cursor: first.next_cursor ?? '',
    })
    expect(rest.data.map(({ id }) => id)).toEqual([data[1]?.id])
  })
})

describe('a time in the body of a replay', () => {
  const replay = (body: object) =>
    api<ProblemBody>('POST', `/v1/webhooks/${webhook}/replay?account_id=${account}`, {
      ...body,
      dry_run: true,
    })

  test('is read in the same way', async () => {
    for (const since of TIMES) expect((await replay({ since })).status).toBe(202)
    for (const since of [...NO_TIMES, 1628512124, null]) {
      const { status, body } = await replay({ since, until: since })
      // Null for what may be left out is as if it were left out.
      const faulty = since === null ? ['since'] : ['since', 'until']
      expect([status, body.errors.map(({ path }) => path)]).toEqual([422, faulty])
    }
  })

  test('has to be after the other as an instant', async () => {
    const until = '2021-08-09T12:28:45Z'
    expect((await replay({ since: '2021-08-09T17:58:44+05:30', until })).status).toBe(202)
    const { body } = await replay({ since: '2021-08-09T17:58:45+05:30', until })
    expect(body.errors).toEqual([{ path: 'until', message: 'must be after since' }])
  })
})

function isReadOnly(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && 'readOnly' in schema
}

test('each time that comes in is a date-time in the document', () => {
  const NAMES = /^(?:since|until|from|to|.*_at)$/
  const found: string[] = []
  const look = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    const properties = 'properties' in schema ? schema.properties : undefined
    for (const [name, each] of Object.entries(properties ?? {})) {
      // What a webhook as read brings along is not read.
      if (isReadOnly(each)) continue
      if (NAMES.test(name)) {
        found.push(`${at}.${name}`)
        expect([at, name, JSON.stringify(each)]).toEqual([
          at,
          name,
          expect.stringContaining('"format":"date-time"'),
        ])
      } else look(each, `${at}.${name}`)
    }
  }
  for (const { id, described } of operations) {
    const schema = bodySchemaOf(described)
    const component = /"\$ref":"#\/components\/schemas\/(\w+)"/.exec(JSON.stringify(schema) ?? '')?.[1]
    look(schema, id)
    if (component !== undefined) look(document.components?.schemas?.[component], id)
    for (const { name, schema: of } of parametersOf(described)) look({ properties: { [name]: of } }, id)
  }
  expect(found).toEqual(
    expect.arrayContaining(['createEvent.occurred_at', 'replayDeliveries.since', 'listAudit.until']),
  )
})
