/** The documentation site as it is built: all of it, and nothing twice. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { transform } from 'esbuild'
import { expect, test } from 'vitest'
import { TRIGGER_SLUGS } from '../../src/catalogue/triggers.ts'
import type { ApiDocument } from '../../src/api/docs/operations.ts'
import { operationsOf } from '../../src/api/docs/operations.ts'
import { client, RelayProcess, stateDir } from './relay-process.ts'
import { need } from './samples.ts'

const PUBLIC = resolve(import.meta.dirname, '../../public')
const names = readdirSync(PUBLIC, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
)
const pages = new Map(
  names.map((name) => [`/${name.slice(0, -'.html'.length)}`, readFileSync(join(PUBLIC, name), 'utf8')]),
)

function linksOf(page: string): string[] {
  return [...page.matchAll(/ (?:href|src|data-search)="([^"]+)"/g)].map((match) => match[1] ?? '')
}

test('every link leads somewhere', () => {
  const broken: string[] = []
  for (const [path, page] of pages) {
    for (const link of linksOf(page)) {
      if (/^https?:/.test(link) || link === '/openapi.json') continue
      const { pathname, hash } = new URL(link, `http://relay${path}`)
      if (pathname.startsWith('/assets/')) {
        readFileSync(join(PUBLIC, pathname))
        continue
      }
      const target = pages.get(pathname)
      const isThere = hash === '' ? target !== undefined : target?.includes(` id="${hash.slice(1)}"`) === true
      if (!isThere) broken.push(`${path}: ${link}`)
    }
  }
  expect(broken).toEqual([])
})

test('no page holds a script, a style or an id twice', () => {
  for (const [path, page] of pages) {
    expect([path, /<script[^>]*>[^<]|<style|\sstyle=|\son\w+=/i.exec(page)]).toEqual([path, null])
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
    expect([path, ids.filter((id, index) => ids.indexOf(id) !== index)]).toEqual([path, []])
  }
})

test('each guide is a page, each operation is on one page, and the triggers are written out once', async () => {
  await using state = await stateDir()
  const relay = await RelayProcess.start(state.path)
  const { body: document } = await client(relay.url, '')<ApiDocument>('GET', '/openapi.json')
  await relay.stop()
  for (const name of readdirSync(resolve(PUBLIC, '../docs'))) {
    if (name.endsWith('.md')) expect([...pages.keys()]).toContain(`/docs/${name.slice(0, -'.md'.length)}`)
  }
  expect(pages.get('/docs/quickstart')).toContain('<h1 id="quickstart">')
  const reference = [...pages].filter(([path]) => path.startsWith('/docs/api/')).map(([, page]) => page)
  for (const { id, method, path } of operationsOf(document)) {
    const on = reference.filter((page) => page.includes(`<h2 id="${id}">`))
    expect([id, on.length]).toEqual([id, 1])
    const article = on[0]?.slice(on[0].indexOf(`<h2 id="${id}">`)) ?? ''
    const shown = article.slice(0, article.indexOf('</article>')).replaceAll(/<[^>]+>/g, '')
    for (const text of [method.toUpperCase(), path, 'curl', 'await fetch(', 'requests.'])
      expect([id, text, shown.includes(text)]).toEqual([id, text, true])
  }
  const listed = reference.map((page) => page.split(`<li><code>${TRIGGER_SLUGS[0]}</code>`).length - 1)
  // Once among the triggers of calls, once among all that a delivery may be of.
  expect(listed.reduce((sum, count) => sum + count, 0)).toBe(2)
})

/** The requests in a language, of all pages. */
function samplesIn(title: string): string[] {
  const found = [...pages.values()].flatMap((page) => [
    ...page.matchAll(new RegExp(`<pre[^>]* aria-label="${title}"><code>(.*?)</code></pre>`, 'gs')),
  ])
  expect(found.length).toBeGreaterThan(30)
  return found.map(([, html = '']) =>
    html
      .replaceAll(/<[^>]+>/g, '')
      .replaceAll('&quot;', '"')
      .replaceAll('&#x27;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  )
}

test('the requests in TypeScript and for the shell are well-formed', async () => {
  for (const code of samplesIn('TypeScript')) await transform(code, { loader: 'ts', format: 'esm' })
  for (const code of samplesIn('curl')) execFileSync('bash', ['-n', '-c', code])
})

test('the requests in Python are well-formed', (context) => {
  need({ needs: 'python3', from: 'apt-get install python3' }, 'the reference', context)
  const check = 'import ast, json, sys\nfor code in json.load(sys.stdin): ast.parse(code)'
  execFileSync('python3', ['-c', check], { input: JSON.stringify(samplesIn('Python')) })
})
