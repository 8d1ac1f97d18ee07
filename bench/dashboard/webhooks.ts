/** A list of very many webhooks: it is loaded, scrolled and searched. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { created } from '../../scripts/demo/api.ts'
import { TRIGGERS, BenchRelay } from '../bench-relay.ts'
import { kept } from '../kept.ts'
import type { Figure } from './figure.ts'
import { Viewer, type BenchBrowser } from './viewer.ts'

const ROWS = "document.querySelectorAll('main tbody tr')"

/** Makes the webhooks, once for a folder, and measures their list, so often. */
export async function measureWebhooks(
  browser: BenchBrowser,
  folder: string,
  runs: number,
  count: number,
): Promise<Figure[]> {
  const { manageKey } = await kept(folder, async () => made(folder, count))
  await using cleanup = new AsyncDisposableStack()
  const relay = await BenchRelay.start({}, folder)
  cleanup.defer(() => relay.stop())
  const viewer = await Viewer.signedIn(browser, relay.url, manageKey)
  for (let run = 1; run <= runs; run++) {
    await viewer.load('/webhooks', {
      'the first rows': `${ROWS}.length >= 50`,
      'their figures of 24 hours': `[...${ROWS}].every((row) => row.textContent.includes('No deliveries'))`,
    })
    await viewer.scroll('scrolling', 20)
    await viewer.step(
      'what is searched for, typed in 0.5 s',
      async (page) => page.getByRole('searchbox').pressSequentially('hooks/1', { delay: 60 }),
      `location.search.includes('q=') && ${ROWS}.length > 0 && [...${ROWS}].every((row) => row.textContent.includes('Webhook 1'))`,
    )
  }
  await viewer.page.context().close()
  return viewer.figures
}

async function made(folder: string, count: number): Promise<{ manageKey: string }> {
  const relay = await BenchRelay.start({}, folder)
  const { manage, manageKey } = await relay.account('Many')
  const description = 'As all others'
  const webhook = { name: 'Webhook 1', description, url: 'https://example.com/hooks', triggers: TRIGGERS }
  await manage.post('/v1/webhooks', webhook, created)
  await relay.stop()
  copyWebhook(folder, count)
  return { manageKey }
}

/** Copies the one webhook that there is in the database of a relay that does not run: by the API it takes an hour. */
function copyWebhook(folder: string, count: number): void {
  const files = globSync(join(folder, 'd1/**/*.sqlite')).filter((file) => !file.endsWith('metadata.sqlite'))
  const [file] = files
  if (file === undefined) throw new Error('no database')
  const db = new DatabaseSync(file)
  const columns = db
    .prepare("SELECT name FROM pragma_table_info('webhooks')")
    .all()
    .map(({ name }) => String(name))
  const values = columns.map((name) => {
    if (name === 'id') return "substr(id, 1, length(id) - 5) || printf('%05d', n)"
    if (name === 'name') return "'Webhook ' || n"
    if (name === 'url') return "url || '/' || n"
    return `"${name}"`
  })
  db.prepare(
    `WITH RECURSIVE ns(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM ns WHERE n < ?)
     INSERT INTO webhooks (${columns.map((name) => `"${name}"`).join()}) SELECT ${values.join()} FROM webhooks, ns`,
  ).run(count)
  db.close()
}
