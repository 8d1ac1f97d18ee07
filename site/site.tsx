/** The pages of the site, and what is searched. Run once, by `build.ts`. */
import { html, raw } from 'hono/html'
import type { Child } from 'hono/jsx'
import { parametersOf, type ApiDocument } from '../src/api/docs/operations.ts'
import type { Assets } from './assets.ts'
import { readGuides, type Guide } from './guides.ts'
import { Page, type MenuGroup, type Shell } from './layout.tsx'
import { renderMarkdown } from './markdown.ts'
import { OperationArticle, Prose, SchemaArticle } from './operation.tsx'
import { Reference, schemaId, type Resource } from './reference.ts'
import { record, textOf } from './schema.ts'
import type { Searched } from './client/searched.ts'

/** The site's files that are pages, by their names. */
export function pages(root: string, document: ApiDocument, assets: Assets): Map<string, string> {
  const reference = new Reference(document)
  const guides = readGuides(root, assets.add)
  const introduction = renderMarkdown(
    document.info.description ?? '',
    () => null,
    (source) => source,
  )
  const menu: MenuGroup[] = [
    {
      title: 'Guides',
      items: guides.map(({ title, path, sections }) => {
        const parts = sections.filter(({ heading }) => heading.level === 2)
        return { title, path, parts: parts.map(({ heading: { id, text } }) => ({ id, title: text })) }
      }),
    },
    {
      title: 'API reference',
      items: [
        {
          title: 'Introduction',
          path: '/docs/api',
          parts: introduction.sections.map(({ heading: { id, text } }) => ({ id, title: text })),
        },
        ...reference.resources.map(({ name, path, operations, schemas }) => ({
          title: name,
          path,
          parts: [
            ...operations.map(({ id, method, described }) => ({
              id,
              title: described.summary ?? id,
              method,
            })),
            ...schemas.map((schema) => ({ id: schemaId(schema), title: schema })),
          ],
        })),
      ],
    },
  ]
  const searched = [
    ...guides.flatMap(searchedGuide),
    ...reference.resources.flatMap((each) => searchedResource(document, each)),
  ]
  const shell: Shell = {
    name: document.info.title,
    version: document.info.version,
    assets,
    search: assets.add('search.json', JSON.stringify(searched)),
    menu,
  }
  const files = new Map<string, string>()
  const write = (path: string, title: string, description: string, children: Child, name = 'text'): void => {
    const page = (
      <Page shell={shell} path={path} title={title} description={plain(description)} class={name}>
        {children}
      </Page>
    )
    const text = html`<!doctype html>${page}`
    if (text instanceof Promise) throw new Error('No part of a page is made later')
    files.set(`${path.slice(1)}.html`, text.toString())
  }
  for (const guide of guides) write(guide.path, guide.title, guide.summary, <>{raw(guide.html)}</>)
  write(
    '/docs/api',
    'API reference',
    'Authentication, errors, lists.',
    <>
      <h1>API reference</h1>
      {raw(introduction.html)}
    </>,
  )
  for (const resource of reference.resources) {
    write(
      resource.path,
      resource.name,
      resource.description,
      <ResourcePage reference={reference} resource={resource} />,
      'reference',
    )
  }
  write(
    '/docs',
    shell.name,
    'Documentation',
    <Home guides={guides} reference={reference} name={shell.name} />,
    'text home',
  )
  write(
    '/docs/404',
    'Not found',
    'There is no such page.',
    <>
      <h1>There is no such page</h1>
      <p>
        Search for it, or begin at <a href="/docs">the first page</a>.
      </p>
    </>,
  )
  return files
}

function ResourcePage({ reference, resource }: { reference: Reference; resource: Resource }) {
  return (
    <>
      <h1>{resource.name}</h1>
      <div class="lead">
        <Prose text={resource.description} />
      </div>
      <ul class="routes">
        {resource.operations.map(({ id, method, path }) => (
          <li>
            <a href={`#${id}`}>
              <span class={`method ${method}`}>{method.toUpperCase()}</span> <Route path={path} />
            </a>
          </li>
        ))}
      </ul>
      {resource.operations.map((operation) => (
        <OperationArticle reference={reference} operation={operation} />
      ))}
      {resource.schemas.map((name) => (
        <SchemaArticle reference={reference} name={name} />
      ))}
    </>
  )
}

/** A path, which a narrow screen breaks between its steps. */
function Route({ path }: { path: string }) {
  return (
    <code>
      {path.split(/(?<=.)(?=\/)/).map((step) => (
        <>
          <wbr />
          {step}
        </>
      ))}
    </code>
  )
}

function Home({ guides, reference, name }: { guides: Guide[]; reference: Reference; name: string }) {
  const [first = ''] = (reference.document.info.description ?? '').split('\n\n')
  return (
    <>
      <h1>{name}</h1>
      <div class="lead">
        <Prose text={first} />
      </div>
      <h2>Guides</h2>
      <ul class="cards">
        {guides.map(({ title, path, summary }) => (
          <li>
            <a href={path}>{title}</a>
            <p>{plain(summary)}</p>
          </li>
        ))}
      </ul>
      <h2>API reference</h2>
      <ul class="cards">
        <li>
          <a href="/docs/api">Introduction</a>
          <p>Keys and their scopes, errors, lists, times.</p>
        </li>
        {reference.resources.map(({ name: title, path, description }) => (
          <li>
            <a href={path}>{title}</a>
            <p>{description}</p>
          </li>
        ))}
      </ul>
    </>
  )
}

function searchedGuide({ path, title, sections }: Guide): Searched[] {
  return sections.map(({ heading, text }) => ({
    url: heading.level === 1 ? path : `${path}#${heading.id}`,
    title: heading.text,
    page: title,
    text: text.trim(),
    names: '',
  }))
}

function searchedResource(document: ApiDocument, resource: Resource): Searched[] {
  const { name, path, operations, schemas } = resource
  return [
    ...operations.map(({ id, method, path: route, described }) => ({
      url: `${path}#${id}`,
      title: described.summary ?? id,
      page: `API · ${name}`,
      text: described.description ?? '',
      names: [
        id,
        `${method.toUpperCase()} ${route}`,
        ...parametersOf(described).map((each) => each.name),
      ].join(' '),
    })),
    ...schemas.map((schema) => {
      const properties = record(record(document.components.schemas?.[schema])['properties'])
      const fields = Object.entries(properties)
      return {
        url: `${path}#${schemaId(schema)}`,
        title: schema,
        page: `API · ${name}`,
        text: fields
          .map(([field, property]) => `${field}: ${textOf(record(property)['description'])}`)
          .join(' '),
        names: fields.map(([field]) => field).join(' '),
      }
    }),
  ]
}

/** HTML, or Markdown of one paragraph, as text. */
function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>|`/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}
