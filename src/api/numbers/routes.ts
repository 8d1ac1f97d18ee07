import { and, asc, desc, eq, gt, sql, type SQL } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { Hono } from 'hono'
import * as z from 'zod'
import { entryWhere } from '../../store/audit.ts'
import { accountFor, noSuch } from '../auth/authenticate.ts'
import type { AppEnv } from '../auth/principal.ts'
import { check, invalid } from '../http/faults.ts'
import { accountListQuery, decodeCursor, listName, listOf, pageOf } from '../http/list.ts'
import { operation } from '../docs/operation.ts'
import { query, uncheckedBody } from '../http/body.ts'
import { DEFAULT_COUNTRY } from '../../contracts/configuration.ts'
import { digitsOf, keptNumber, lineOf } from '../../order/line.ts'
import { OwnNumbers } from '../../order/own-numbers.ts'
import { idempotent } from '../http/idempotency.ts'
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
const numbersReplaced = listOf(numberView).extend({
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

function viewOf({ number, label }: { number: string; label: string }): z.output<typeof numberView> {
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
      problems: [404],
    }),
    uncheckedBody(numbersReplace),
    idempotent,
    async (c) => {
      const input = c.req.valid('json')
      const accountId = c.req.param('account_id')
      const db = drizzle(c.env.DB)
      const [[account], current, filtering] = await db.batch([
        db.select({ country: accounts.country }).from(accounts).where(eq(accounts.id, accountId)),
        db.select().from(numbers).where(eq(numbers.account_id, accountId)).orderBy(asc(numbers.number)),
        db
          .select({ webhook_id: webhooks.id, name: webhooks.name, numbers: webhooks.numbers })
          .from(webhooks)
          .where(and(eq(webhooks.account_id, accountId), sql`${webhooks.numbers} <> '[]'`))
          .orderBy(desc(webhooks.id)),
      ])
      const country = account?.country ?? DEFAULT_COUNTRY
      const checked = check(numbersReplace, input)
      const faults = [...(checked.ok ? [] : checked.faults), ...repeatFaults(input, country)]
      if (!checked.ok || faults.length > 0) throw invalid(faults)
      if (account === undefined) throw noSuch('account')
      const rows = checked.data.numbers
        .map(({ number, label }) => ({
          number: keptNumber(number, lineOf(number, country)),
          label,
          digits: digitsOf(number),
        }))
        .sort((a, b) => (a.number < b.number ? -1 : 1))
      const data = rows.map(viewOf)
      if (JSON.stringify(data) !== JSON.stringify(current.map(viewOf))) {
        await db.batch([
          entryWhere(db, accounts, eq(accounts.id, accountId), {
            actor: c.var.principal.key_id,
            action: 'numbers.replaced',
            account_id: accountId,
            object_id: accountId,
            before: numbersOf(accountId),
            after: { numbers: data },
          }),
          db.delete(numbers).where(eq(numbers.account_id, accountId)),
          // One statement for any count: a statement of D1 takes 100 parameters.
          db.insert(numbers)
            .select(sql`SELECT ${accountId}, value ->> 'number', value ->> 'label', value ->> 'digits'
            FROM json_each(${JSON.stringify(rows)})`),
        ])
      }
      const own = new OwnNumbers(
        data.map(({ number }) => number),
        country,
      )
      const missing = filtering
        .map(({ numbers: its, ...webhook }) => ({
          ...webhook,
          numbers_missing: its.filter((number) => !own.has(number)),
        }))
        .filter(({ numbers_missing }) => numbers_missing.length > 0)
      return c.json({ data, next_cursor: null, webhooks: missing })
    },
  )
  .get(
    '/numbers',
    operation({
      operationId: 'listNumbers',
      summary: 'List My Numbers',
      tag: 'Numbers',
      scopes: ['admin', 'manage', 'read'],
      success: { 200: ['A page of numbers, in ascending order', listOf(numberView)] },
      account: 'required',
    }),
    query(z.strictObject(accountListQuery)),
    async (c) => {
      const accountId = await accountFor(c)
      const { limit, cursor } = c.req.valid('query')
      const list = listName('numbers', { account_id: accountId })
      const after = decodeCursor(list, cursor)
      const own = eq(numbers.account_id, accountId)
      const rows = await drizzle(c.env.DB)
        .select()
        .from(numbers)
        .where(after === null ? own : and(own, gt(numbers.number, after)))
        .orderBy(asc(numbers.number))
        .limit(limit + 1)
      return c.json(pageOf(rows, limit, list, (row) => row.number, viewOf))
    },
  )

/** The account's numbers as the audit log tells them, in SQL: as they are when its entry is written. */
function numbersOf(accountId: string): SQL {
  return sql`(SELECT json_object('numbers', json_group_array(json_object('number', number, 'label', label)))
    FROM (SELECT number, label FROM numbers WHERE account_id = ${accountId} ORDER BY number))`
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
