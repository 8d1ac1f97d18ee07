import type { Context } from 'hono'
import type { AppEnv } from '../auth/principal.ts'

/** Files of `assets/` have a name by their content; all others may be another tomorrow, and have an ETag. */
const NAMED_BY_CONTENT = '/assets/'
const FOR_GOOD = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'public, max-age=0, must-revalidate'

/**
 * A file of `public/`, with the caching that its name allows; null if there is none. The headers of every answer are set
 * on it as on any other, which is why the Worker answers for files at all.
 * @param path of the file itself, with its extension
 * @param status of the answer, if it is to be another than the file's
 */
export async function asset(c: Context<AppEnv>, path: string, status?: number): Promise<Response | null> {
  const { method, headers, url } = c.req.raw
  const found = await c.env.ASSETS.fetch(new Request(new URL(path, url), { method, headers }))
  if (found.status === 404) return null
  const answer = new Response(found.body, { status: status ?? found.status, headers: found.headers })
  if (found.status < 400)
    answer.headers.set('cache-control', path.startsWith(NAMED_BY_CONTENT) ? FOR_GOOD : ASK_AGAIN)
  return answer
}
