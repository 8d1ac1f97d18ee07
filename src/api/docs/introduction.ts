/** What holds for all of the API: the description of its document, in Markdown. */
import { Problem, PROBLEM_CODES } from '../http/problem.ts'
import { SCOPES } from '../../contracts/principal.ts'

const MAY: Record<(typeof SCOPES)[number], string> = {
  admin: 'everything, for every account. The setting `ADMIN_KEY` is such a key',
  ingest: 'send events, for its account, or for every account if it is of none',
  manage: "everything of its own account but sending events and what is the operator's",
  read: 'read what is of its own account',
  portal: 'make portal links of its account, or of every account if it is of none; nothing else',
}

const problems = PROBLEM_CODES.map((code) => new Problem(code, '').toDocument())

export const INTRODUCTION = `
Takes call events from a telephony core and delivers them to webhooks, in order in each call.

All JSON is snake_case. Times are RFC 3339: with any offset as they come in, in UTC as they go out. Ids have a prefix that says what they are of, and sort by time.

## Authentication

Send a key with every request to \`/v1\`: \`Authorization: Bearer KEY\`. Its scope says what it may do. Another account's objects answer 404. A browser has a session in the place of a key: see Sessions.

| scope | may |
| --- | --- |
${SCOPES.map((scope) => `| \`${scope}\` | ${MAY[scope]} |`).join('\n')}

In the examples, \`RELAY\` is the address of the relay and \`RELAY_KEY\` your key: set both first. Those in TypeScript are plain JavaScript too, and need no package; those in Python use the package \`requests\`.

## Errors

Every answer that is not a success is an RFC 9457 document of the type \`application/problem+json\`. \`code\` is for programs, \`detail\` for people. Bad input has \`errors\`: every fault at once, each with its \`path\` and \`message\`. A 429 and a 503 say in \`Retry-After\` how many seconds to wait.

| status | code | meaning |
| --- | --- | --- |
${problems.map(({ status, code, title }) => `| ${status} | \`${code}\` | ${title} |`).join('\n')}

## Lists

Lists take \`limit\` (1–250, 50 unless given) and \`cursor\`, and answer with \`data\` and \`next_cursor\`, which is null at the end. Keep the filters the same from page to page.
`.trim()
