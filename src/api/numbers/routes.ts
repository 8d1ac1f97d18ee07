import { and, desc, eq, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { entryIf } from '../../store/audit.ts'
import type { Plan, Statement, Write } from '../../store/change.ts'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { change, type Made } from '../change.ts'
import { check, invalid } from '../http/faults.ts'
import { accountListQuery, decodeCursor, listName, listOf, pageOf } from '../http/list.ts'
import { operation } from '../docs/operation.ts'
import { query, uncheckedBody } from '../http/body.ts'
import { digitsOf, keptNumber, lineOf } from '../../order/line.ts'
import { OwnNumbers } from '../../order/own-numbers.ts'
import {
  changedMeanwhile,
  etagField,
  isNotModified,
  mayChange,
  preconditionsOf,
  tagged,
  tagOf,
} from '../http/etag.ts'
import { idempotent, once, type Once } from '../http/idempotency.ts'
import { orDefault } from '../http/optional.ts'
import { accounts, numbers, webhooks } from '../../store/tables.ts'
import { line } from '../webhooks/schema.ts'

const numberView = z
  .object({
    number: z.string().describe('In E.164 if it is valid, else as it was given: a short code, an extension.'),
    label: z.string(),
  })
  .meta({ id: 'Number' })
const NO_NUMBER = 'must be a phone number of at least 3 digits, without control characters'
const numbersReplace = z
  .strictObject({
    numbers: z
      .array(
        z.strictObject({
          number: z
            .string()
            .max(64)
            // In one pass, whatever comes: each digit is the next one.
            // eslint-disable-next-line no-control-regex -- control characters are just what is refused
            .regex(/^([^0-9\u0000-\u001f\u007f-\u009f]*[0-9]){3}[^\u0000-\u001f\u007f-\u009f]*$/, NO_NUMBER)
            .describe(
              "However people write it. Without a country code it is read as the account's `country` has it.",
            ),
          label: orDefault(line(0, 120), ''),
        }),
      )
      .max(1_000),
  })
  .meta({ id: 'NumbersReplace', examples: [{ numbers: [{ number: '+918069010148', label: 'Main line' }] }] })
const numbersPage = listOf(numberView).extend({
  etag: etagField.describe('Of all the numbers of the account, whatever page it is on.'),
})
const numbersReplaced = numbersPage.extend({
  webhooks: z
    .array(
      z.object({
        webhook_id: z.string(),
        name: z.string(),
        numbers_missing: z.array(z.string()),
      }),
    )
    .describe('Those that filter by numbers which are not, or no longer, among these.'),
})

type NumberView = z.output<typeof numberView>

function viewOf({ number, label }: NumberView): NumberView {
  return { number, label }
}

export const numberRoutes = new Hono<AppEnv>()
  .put(
    '/accounts/:account_id/numbers',
    operation({
      operationId: 'replaceNumbers',
      summary: "Set an account's numbers",
      description:
        'The list given replaces the one there. Webhooks keep the numbers they filter by; the answer names those that ' +
        'filter by a number which the account does not have.',
      tag: 'Numbers',
      scopes: ['admin'],
      success: { 200: ['All numbers of the account', numbersReplaced] },
      problems: [404, 409],
      etag: { changes: numbersReplaced },
    }),
    uncheckedBody(numbersReplace),
    idempotent,
    async (c) => {
      const { value, results } = await replace(c, c.req.param('account_id'), c.req.valid('json'))
      if (value.kept === null) throw changedMeanwhile('list of numbers', value.view)
      value.kept(results)
      return c.json(tagged(c, value.view))
    },
  )
  .get(
    '/numbers',
    operation({
      operationId: 'listNumbers',
      summary: 'List My Numbers',
      tag: 'Numbers',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['A page of numbers, in ascending order', numbersPage] },
      account: 'required',
      etag: 'read',
    }),
    query(z.strictObject(accountListQuery)),
    async (c) => {
      const accountId = await accountFor(c)
      const { limit, cursor } = c.req.valid('query')
      const list = listName('numbers', { account_id: accountId })
      const after = decodeCursor(list, cursor)
      // All of them, which are 1,000 at most: the tag is of them all.
      const rows = await drizzle(c.env.DB).select().from(numbers).where(eq(numbers.account_id, accountId))
      rows.sort(byNumber)
      const etag = tagOf(rows.map(viewOf))
      if (isNotModified(c, etag)) return c.body(null, 304)
      const rest = after === null ? rows : rows.filter(({ number }) => number > after)
      return c.json({ ...pageOf(rest, limit, list, (row) => row.number, viewOf), etag })
    },
  )

interface Replaced {
  view: z.output<typeof numbersReplaced>
  /** Null: they were not the version that the request is for, and nothing was changed. */
  kept: Once['kept'] | null
}

/**
 * Sets an account's numbers. No shard has to know them, but it is a change of the account's configuration like any
 * other: so what a webhook is held against while it is changed is as it was read until that is written.
 */
async function replace(c: Context<AppEnv>, accountId: string, input: object): Promise<Made<Replaced>> {
  const preconditions = preconditionsOf(c)
  const planned = async (write: Write): Promise<Plan<Replaced>> => {
    const { db } = write
    const [[account], rows, filtering] = await db.batch([
      db.select({ country: accounts.country }).from(accounts).where(eq(accounts.id, accountId)),
      db.select().from(numbers).where(eq(numbers.account_id, accountId)),
      db
        .select({ webhook_id: webhooks.id, name: webhooks.name, numbers: webhooks.numbers })
        .from(webhooks)
        .where(and(eq(webhooks.account_id, accountId), sql`${webhooks.numbers} <> '[]'`))
        .orderBy(desc(webhooks.id)),
    ])
    if (account === undefined) throw noSuch('account')
    const { country } = account
    const current = rows.sort(byNumber).map(viewOf)
    const viewWith = (data: NumberView[]): Replaced['view'] => ({
      data,
      next_cursor: null,
      etag: tagOf(data),
      webhooks: missingOf(filtering, data, country),
    })
    if (!mayChange(preconditions, tagOf(current))) {
      return { statements: [], value: { view: viewWith(current), kept: null } }
    }
    const next = checked(input, country)
    const view = viewWith(next.map(viewOf))
    const { mayMake, keep, kept } = await once(c, 200, view)
    const asRead = sql`${write.asRead} AND ${mayMake}`
    const isSame = JSON.stringify(view.data) === JSON.stringify(current)
    const made = isSame ? [] : replacement({ ...write, asRead }, c.var.principal.key_id, current, next)
    return { statements: [...made, ...keep(asRead)], value: { view, kept } }
  }
  return change(c.env, accountId, 'The account', planned)
}

function byNumber(one: NumberView, other: NumberView): number {
  return one.number < other.number ? -1 : 1
}

interface NumberRow extends NumberView {
  digits: string
}

/** @throws Problem (422) with every fault */
function checked(input: object, country: string): NumberRow[] {
  const read = check(numbersReplace, input)
  const faults = [...(read.ok ? [] : read.faults), ...repeatFaults(input, country)]
  if (!read.ok || faults.length > 0) throw invalid(faults)
  return read.data.numbers
    .map(({ number, label }) => ({
      number: keptNumber(number, lineOf(number, country)),
      label,
      digits: digitsOf(number),
    }))
    .sort(byNumber)
}

function replacement(
  { db, accountId, asRead }: Write,
  actor: string,
  before: readonly NumberView[],
  next: readonly NumberRow[],
): Statement[] {
  return [
    entryIf(db, asRead, {
      actor,
      action: 'numbers.replaced',
      account_id: accountId,
      object_id: accountId,
      before: { numbers: before },
      after: { numbers: next.map(viewOf) },
    }),
    db.delete(numbers).where(and(eq(numbers.account_id, accountId), asRead)),
    // One statement for any count: a statement of D1 takes 100 parameters.
    db.insert(numbers)
      .select(sql`SELECT ${accountId}, value ->> 'number', value ->> 'label', value ->> 'digits'
      FROM json_each(${JSON.stringify(next)}) WHERE ${asRead}`),
  ]
}

/** The webhooks that filter by a number which is not among these. */
function missingOf(
  filtering: readonly { webhook_id: string; name: string; numbers: string[] }[],
  data: readonly NumberView[],
  country: string,
): Replaced['view']['webhooks'] {
  const own = new OwnNumbers(
    data.map(({ number }) => number),
    country,
  )
  return filtering
    .map(({ numbers: its, ...webhook }) => ({
      ...webhook,
      numbers_missing: its.filter((number) => !own.has(number)),
    }))
    .filter(({ numbers_missing }) => numbers_missing.length > 0)
}

/** Two spellings of one line are one number. */
function repeatFaults(input: object, country: string): { path: string; message: string }[] {
  const list = 'numbers' in input && Array.isArray(input.numbers) ? input.numbers : []
  const seen = new Set<string>()
  return list.flatMap((each: unknown, index) => {
    const given = check(z.object({ number: z.string().max(64) }), each)
    if (!given.ok || digitsOf(given.data.number) === '') return []
    const own = lineOf(given.data.number, country)
    if (seen.has(own)) return [{ path: `numbers.${index}.number`, message: 'is given twice' }]
    seen.add(own)
    return []
  })
}
