/** The guides: the quickstart of the README, every file of `docs/`, and the page on security. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Assets } from './assets.ts'
import { renderMarkdown, type Section } from './markdown.ts'

/** Those that are not named here come behind, by their names. */
const ORDER = [
  'quickstart',
  'senders',
  'dashboard',
  'receivers',
  'operations',
  'embedding',
  'cloudflare',
  'reliability',
  'performance',
  'security',
]

export interface Guide {
  /** Its path on the site. */
  path: string
  title: string
  /** Its first sentence. */
  summary: string
  html: string
  sections: Section[]
}

/** @param add writes a file of the site, and says where it is */
export function readGuides(root: string, add: Assets['add']): Guide[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const files = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const sources = new Map(files.map((name) => [name.slice(0, -'.md'.length), read(`docs/${name}`)]))
  sources.set('security', read('SECURITY.md'))
  sources.set('quickstart', quickstartOf(read('README.md')))
  const link = (href: string): string | null => {
    const [, name = '', anchor = ''] = /^(?:\.\.\/|docs\/|\.\/)?([\w-]+)\.md(#.*)?$/.exec(href) ?? []
    return sources.has(name.toLowerCase()) ? `/docs/${name.toLowerCase()}${anchor}` : null
  }
  const picture = (source: string): string =>
    add(basename(source), readFileSync(join(root, 'docs/images', basename(source))))
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  const names = [...sources.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  return names.map((name) => {
    const { html, sections } = renderMarkdown(sources.get(name) ?? '', link, picture)
    const summary = /<p>([\s\S]*?\.)(?:\s|<\/p>)/.exec(html)?.[1] ?? ''
    return { path: `/docs/${name}`, title: sections[0]?.heading.text ?? name, summary, html, sections }
  })
}

/** The README from its quickstart to what is about running the relay, as a page of its own. */
function quickstartOf(readme: string): string {
  const [, text] =
    /^(# Quickstart\n.*?)^## Running it$/ms.exec(readme.replace('## Quickstart', '# Quickstart')) ?? []
  if (text === undefined) throw new Error('README.md has no "## Quickstart" before "## Running it"')
  return text
}
