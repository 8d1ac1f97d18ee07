import { and, asc, eq, gt, sql, type SQL } from 'drizzle-orm'
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
import { idempotent } from '../http/idempotency.ts'
import { accounts, numbers } from '../../store/tables.ts'
import { characters } from '../webhooks/schema.ts'

const numberView = z
  .strictObject({
    number: z
      .string()
      .max(32)
      .regex(/^\+?[0-9]([ ().-]*[0-9]){2,}[ ().-]*$/, 'must be a phone number of at least 3 digits'),
    label: characters(0, 120).default(''),
  })
  .meta({ id: 'Number' })
const numbersReplace = z
  .strictObject({ numbers: z.array(numberView).max(1_000) })
  .meta({ id: 'NumbersReplace', examples: [{ numbers: [{ number: '+918069010148', label: 'Main line' }] }] })

function digitsOf(number: string): string {
  return number.replace(/\D/g, '')
}

function viewOf({ number, label }: { number: string; label: string }): z.output<typeof numberView> {
  return { number, label }
}

export const numberRoutes = new Hono<AppEnv>()
  .put(
    '/accounts/:account_id/numbers',
    operation({
      operationId: 'replaceNumbers',
      summary: "Set an account's numbers",
      description: 'The list given replaces the one there. Webhooks keep the numbers they filter by.',
      tag: 'Accounts',
      scopes: ['admin'],
      success: { 200: ['All numbers of the account', listOf(numberView)] },
      problems: [404],
    }),
    uncheckedBody(numbersReplace),
    idempotent,
    async (c) => {
      const input = c.req.valid('json')
      const checked = check(numbersReplace, input)
      const faults = [...(checked.ok ? [] : checked.faults), ...repeatFaults(input)]
      if (!checked.ok || faults.length > 0) throw invalid(faults)
      const accountId = c.req.param('account_id')
      const db = drizzle(c.env.DB)
      const [known, current] = await db.batch([
        db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)),
        db.select().from(numbers).where(eq(numbers.account_id, accountId)).orderBy(asc(numbers.number)),
      ])
      if (known.length === 0) throw noSuch('account')
      const rows = checked.data.numbers
        .map((each) => ({ ...each, digits: digitsOf(each.number) }))
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
      return c.json({ data, next_cursor: null })
    },
  )
  .get(
    '/numbers',
    operation({
      operationId: 'listNumbers',
      summary: 'List My Numbers',
      tag: 'Accounts',
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

/** Two spellings with the same digits are one number. */
function repeatFaults(input: object): { path: string; message: string }[] {
  const list = 'numbers' in input && Array.isArray(input.numbers) ? input.numbers : []
  const seen = new Set<string>()
  return list.flatMap((each: unknown, index) => {
    const given = check(z.object({ number: z.string() }), each)
    const digits = given.ok ? digitsOf(given.data.number) : ''
    if (digits === '') return []
    if (seen.has(digits)) return [{ path: `numbers.${index}.number`, message: 'is given twice' }]
    seen.add(digits)
    return []
  })
}
