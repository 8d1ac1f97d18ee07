/**
 * The documentation site and the dashboard, made as files: `public/docs/` has the pages of the one, `dashboard.html` is
 * that of the other, and `public/assets/` has what they load, under names that change with the content. `npm run site`, and wrangler before each bundle (`[build]` in wrangler.toml).
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build as bundle, type BuildOptions } from 'esbuild'
import type { ApiDocument } from '../src/api/docs/operations.ts'
import type { Assets } from './assets.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PUBLIC = join(ROOT, 'public')
/** The last that a build writes. */
const FIRST_PAGE = join(PUBLIC, 'docs.html')
const INPUTS = [
  'src',
  'site',
  'dashboard',
  'docs',
  'package.json',
  'package-lock.json',
  'README.md',
  'SECURITY.md',
]

/** The files of a site, by their names in `public/`. */
export type Files = ReadonlyMap<string, string | Uint8Array>

/** Makes the site's files if anything that they are made from is newer than they are. */
export async function buildSite(): Promise<void> {
  if (!isStale()) return
  const files = await siteFiles()
  // Made aside and moved: another build may be under way. A relay that runs serves the new pages without their style and
  // script until it is started again: it knows the files that were there when it was built.
  const aside = join(ROOT, '.wrangler', `site-${process.pid}`)
  try {
    for (const [name, content] of files) {
      mkdirSync(dirname(join(aside, name)), { recursive: true })
      writeFileSync(join(aside, name), content)
    }
    mkdirSync(PUBLIC, { recursive: true })
    const isPage = (name: string): boolean => name === 'docs.html'
    for (const name of readdirSync(aside).toSorted((a, b) => Number(isPage(a)) - Number(isPage(b))))
      replace(join(PUBLIC, name), join(aside, name))
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Puts a file or a folder in the place of another, whoever else does so meanwhile. */
function replace(path: string, by: string): void {
  for (;;) {
    try {
      return renameSync(by, path)
    } catch (error) {
      // A folder does not go onto one that holds something.
      if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error
    }
    try {
      renameSync(path, `${by}-${randomUUID()}`)
    } catch (error) {
      // Another build has just moved it.
      if (!hasCode(error, 'ENOENT')) throw error
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** The whole site, and nothing of it written. */
export async function siteFiles(): Promise<Files> {
  const files = new Map<string, string | Uint8Array>()
  const add: Assets['add'] = (name, content) => {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 10)
    const named = `assets/${name.replace(/(?=\.\w+$)/, `-${hash}`)}`
    files.set(named, content)
    return `/${named}`
  }
  const [style, script, { document }, { pages }] = await Promise.all([
    bundled('site/client/docs.css', { minify: true }),
    bundled('site/client/docs.ts', { minify: true, format: 'iife', target: 'es2022' }),
    // Safe, both: what is imported is bundled from that module.
    imported('site/document.ts') as Promise<{ document: ApiDocument }>,
    imported('site/site.tsx') as Promise<typeof import('./site.tsx')>,
  ])
  const made = pages(ROOT, document, { style: add('docs.css', style), script: add('docs.js', script), add })
  for (const [name, content] of [...made, ...(await dashboardFiles())]) files.set(name, content)
  return files
}

/** The dashboard, as Vite makes it by `dashboard/vite.config.ts`. */
async function dashboardFiles(): Promise<Files> {
  // Imported here: most runs find nothing to do.
  const { build } = await import('vite')
  // The same page whoever builds it: vitest does so too, with a NODE_ENV of its own, which Vite would follow.
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = 'production'
  const built = await build({ configFile: join(ROOT, 'dashboard/vite.config.ts') }).finally(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  if (!('output' in built)) throw new Error('Vite was to build once, into one folder')
  return new Map(
    built.output.map((file) => [
      file.type === 'asset' && file.fileName === 'index.html' ? 'dashboard.html' : file.fileName,
      file.type === 'asset' ? file.source : file.code,
    ]),
  )
}

/** A module of the project as Node can run it: it may hold JSX, and import what only workerd has. */
async function imported(entry: string): Promise<unknown> {
  const code = await bundled(entry, {
    platform: 'node',
    format: 'esm',
    packages: 'external',
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    alias: { 'cloudflare:workers': join(ROOT, 'site/cloudflare.ts') },
  })
  // A file, and inside the project: its packages are looked for from where it lies.
  const file = join(ROOT, '.wrangler', `site-${randomUUID()}.mjs`)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code)
  try {
    return await import(pathToFileURL(file).href)
  } finally {
    rmSync(file)
  }
}

async function bundled(entry: string, options: BuildOptions): Promise<string> {
  const { outputFiles } = await bundle({
    ...options,
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    logLevel: 'warning',
  })
  return outputFiles?.[0]?.text ?? ''
}

function isStale(): boolean {
  const built = statSync(FIRST_PAGE, { throwIfNoEntry: false })
  if (built === undefined) return true
  return INPUTS.flatMap((name) => {
    const isFolder = statSync(join(ROOT, name)).isDirectory()
    const inside = isFolder ? readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }) : []
    return [name, ...inside.map((each) => join(name, each))]
  }).some((name) => statSync(join(ROOT, name)).mtimeMs >= built.mtimeMs)
}

if (process.argv[1] === import.meta.filename) await buildSite()
