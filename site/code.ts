import { highlighted } from './highlight.ts'

/** As a Markdown fence names it, or a tab: how it is called and how it is coloured. */
const ALIASES: Readonly<Record<string, string>> = {
  sh: 'bash',
  curl: 'bash',
  js: 'typescript',
  ts: 'typescript',
  toml: 'ini',
}

/** A block of code, in a frame that a script gives its copy button. */
export function codeBlock(code: string, info: string): string {
  const language = info.split(/\s/)[0] ?? ''
  return `<div class="code">${codeOnly(code, language, language === '' ? 'Example' : `Example, ${language}`)}</div>`
}

export function codeOnly(code: string, language: string, label: string): string {
  const html = highlighted(code.trimEnd(), ALIASES[language] ?? language)
  return `<pre tabindex="0" role="group" aria-label="${label.replaceAll('"', '&quot;')}"><code>${html}</code></pre>`
}
