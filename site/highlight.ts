import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import go from 'highlight.js/lib/languages/go'
import ini from 'highlight.js/lib/languages/ini'
import json from 'highlight.js/lib/languages/json'
import php from 'highlight.js/lib/languages/php'
import plaintext from 'highlight.js/lib/languages/plaintext'
import python from 'highlight.js/lib/languages/python'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import yaml from 'highlight.js/lib/languages/yaml'

const LANGUAGES = { bash, go, ini, json, php, plaintext, python, sql, typescript, yaml }
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language)

/** Code as HTML, its parts in spans of classes: an inline style would be against the pages' policy. */
export function highlighted(code: string, language: string): string {
  const known = hljs.getLanguage(language) === undefined ? 'plaintext' : language
  return hljs.highlight(code, { language: known, ignoreIllegals: true }).value
}
