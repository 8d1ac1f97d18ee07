/** The guides' Markdown: as GitHub shows it, with links between the files turned into links between the pages. */
import GithubSlugger from 'github-slugger'
import MarkdownIt, { type Token } from 'markdown-it'
import { codeBlock } from './code.ts'

export interface Heading {
  level: number
  id: string
  text: string
}

/** What is under one heading, for the search. */
export interface Section {
  heading: Heading
  text: string
}

export interface Rendered {
  html: string
  sections: Section[]
}

/** Where a link of a Markdown file leads on the site; null if nothing of the site is there. */
export type Linker = (href: string) => string | null

/** Where a picture of a Markdown file is on the site. @throws if there is none */
export type Picturer = (source: string) => string

/** @param shift how many levels deeper the headings are than they are written */
export function renderMarkdown(source: string, link: Linker, picture: Picturer, shift = 0): Rendered {
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false })
  md.renderer.rules.fence = (tokens, index) => {
    const { content = '', info = '' } = tokens[index] ?? {}
    return codeBlock(content, info.trim())
  }
  md.renderer.rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? '', '')
  md.renderer.rules.table_open = () =>
    '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'
  md.renderer.rules.table_close = () => '</table></div>'
  const tokens = md.parse(source, {})
  withHeads(tokens)
  withoutEmptyHeads(tokens)
  const sections = withIds(md, tokens, shift)
  withLinks(tokens, link)
  withPictures(tokens, picture)
  return { html: md.renderer.render(tokens, md.options, {}), sections }
}

/** Text in which backticks set code, and paragraphs are apart by an empty line: the descriptions of the API. */
export function renderInline(text: string): string {
  const md = new MarkdownIt({ html: false, linkify: false })
  return md.render(text)
}

function withIds(md: ReturnType<typeof MarkdownIt>, tokens: readonly Token[], shift: number): Section[] {
  const slugger = new GithubSlugger()
  const sections: Section[] = []
  for (const [index, token] of tokens.entries()) {
    const inline = tokens[index + 1]
    if (token.type === 'heading_open' && inline !== undefined) {
      const text = plain(inline)
      const heading = { level: Number(token.tag.slice(1)), id: slugger.slug(text), text }
      sections.push({ heading, text: '' })
      token.tag = `h${Math.min(6, heading.level + shift)}`
      const close = tokens[index + 2]
      if (close !== undefined) close.tag = token.tag
      token.attrSet('id', heading.id)
      if (heading.level > 1) inline.children?.push(...anchor(md, heading))
    } else if (token.type === 'inline' && tokens[index - 1]?.type !== 'heading_open') {
      const section = sections.at(-1)
      if (section !== undefined) section.text += `${plain(token)} `
    } else if (token.type === 'fence') {
      const section = sections.at(-1)
      if (section !== undefined) section.text += `${token.content} `
    }
  }
  return sections
}

/** A head of a table's column that says nothing is a cell as any other. */
function withoutEmptyHeads(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    const close = tokens[index + 2]
    if (token.type !== 'th_open' || tokens[index + 1]?.content !== '' || close === undefined) continue
    token.tag = 'td'
    close.tag = 'td'
  }
}

/** Each cell says the head of its column, for a screen on which the columns are under one another. */
function withHeads(tokens: readonly Token[]): void {
  let heads: string[] = []
  let column = 0
  for (const [index, token] of tokens.entries()) {
    const inline = tokens[index + 1]
    if (token.type === 'table_open') heads = []
    if (token.type === 'tr_open') column = 0
    if (token.type === 'th_open') heads.push(inline === undefined ? '' : plain(inline))
    if (token.type !== 'td_open') continue
    const head = heads[column++]
    if (head !== undefined && head !== '') token.attrSet('data-head', head)
  }
}

function anchor(md: ReturnType<typeof MarkdownIt>, { id, text }: Heading): Token[] {
  const link = md.parseInline(`[#](#${id})`, {})[0]?.children ?? []
  link[0]?.attrSet('class', 'anchor')
  link[0]?.attrSet('aria-label', `Link to ${text}`)
  return link
}

function plain(inline: Token): string {
  return (inline.children ?? [])
    .map((child) => (child.type === 'softbreak' || child.type === 'hardbreak' ? ' ' : child.content))
    .join('')
}

function withPictures(tokens: readonly Token[], picture: Picturer): void {
  for (const image of tokens.flatMap(({ children }) => children ?? [])) {
    if (image.type !== 'image') continue
    image.attrSet('src', picture(String(image.attrGet('src') ?? '')))
    image.attrSet('loading', 'lazy')
  }
}

function withLinks(tokens: readonly Token[], link: Linker): void {
  for (const { children } of tokens) {
    let isDropped = false
    for (const child of children ?? []) {
      if (child.type === 'link_open') {
        const href = String(child.attrGet('href') ?? '')
        const target = href.startsWith('#') || /^https?:/.test(href) ? href : link(href)
        isDropped = target === null
        if (target !== null) child.attrSet('href', target)
        if (target?.startsWith('http') === true) child.attrSet('rel', 'noreferrer')
      }
      if (!isDropped) continue
      if (child.type === 'link_close') isDropped = false
      if (child.type === 'link_open' || child.type === 'link_close') child.hidden = true
      if (child.hidden) child.type = 'text'
    }
  }
}
