/** The guides: every file of `docs/`, and the page on security. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderMarkdown, type Section } from './markdown.ts'

/** Those that are not named here come behind, by their names. */
const ORDER = ['senders', 'receivers', 'operations', 'cloudflare', 'reliability', 'performance', 'security']

export interface Guide {
  /** Its path on the site. */
  path: string
  title: string
  /** Its first sentence. */
  summary: string
  html: string
  sections: Section[]
}

export function readGuides(root: string): Guide[] {
  const files = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const sources = new Map(files.map((name) => [name.slice(0, -'.md'.length), join(root, 'docs', name)]))
  sources.set('security', join(root, 'SECURITY.md'))
  const link = (href: string): string | null => {
    const [, name = '', anchor = ''] = /^(?:\.\.\/|docs\/|\.\/)?([\w-]+)\.md(#.*)?$/.exec(href) ?? []
    return sources.has(name.toLowerCase()) ? `/docs/${name.toLowerCase()}${anchor}` : null
  }
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  const names = [...sources.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  return names.map((name) => {
    const source = readFileSync(sources.get(name) ?? '', 'utf8')
    const { html, sections } = renderMarkdown(source, link)
    const summary = /<p>([\s\S]*?\.)(?:\s|<\/p>)/.exec(html)?.[1] ?? ''
    return { path: `/docs/${name}`, title: sections[0]?.heading.text ?? name, summary, html, sections }
  })
}
