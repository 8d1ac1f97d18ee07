/** What of a relay a Cloudflare account has, as wrangler finds it. */
import { usersOf, type Found, type Wanted } from './plan.ts'
import type { Wrangler } from './wrangler.ts'

/** Where wrangler says of something that it is not there; any other failure is one. */
const NOT_THERE = {
  worker: /^Worker "[^"]*"(?: \(env: .*\))? not found\./,
  database: /^Couldn't find a D1 DB named /,
  queue: /^Queue ".*" does not exist\./,
}

/** @throws Error with what wrangler says, if it cannot tell */
export async function look(wrangler: Wrangler, wanted: Wanted): Promise<Found> {
  // The first by itself: if wrangler is not signed in, it says so once.
  const secrets = await ask(wrangler, ['secret', 'list', '--format', 'json'], NOT_THERE.worker)
  const [databases, queues] = await Promise.all([
    Promise.all(
      wanted.databases.map(async ({ binding }) => {
        const info = await ask(wrangler, ['d1', 'info', binding, '--json'], NOT_THERE.database)
        return info === null ? [] : [binding]
      }),
    ),
    Promise.all(
      wanted.queues.map(async (name) => {
        const info = await ask(wrangler, ['queues', 'info', name], NOT_THERE.queue)
        return info === null ? [] : [[name, usersOf(info)] as const]
      }),
    ),
  ])
  return {
    secrets: secrets === null ? null : namesIn(secrets),
    databases: databases.flat(),
    queues: Object.fromEntries(queues.flat()),
  }
}

async function ask(wrangler: Wrangler, args: readonly string[], isNotThere: RegExp): Promise<string | null> {
  const answer = await wrangler.run(args)
  if (answer.ok) return answer.output
  if (isNotThere.test(answer.complaint)) return null
  throw new Error(answer.complaint)
}

function namesIn(secrets: string): string[] {
  // Safe: `wrangler secret list --format json`, of the version that is pinned.
  return (JSON.parse(secrets) as { name: string }[]).map(({ name }) => name)
}
