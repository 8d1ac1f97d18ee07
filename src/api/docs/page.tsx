import { Problem, PROBLEM_CODES } from '../http/problem.ts'
import { OperationArticle } from './article.tsx'
import type { ApiDocument } from './document.ts'
import { operationsOf, type Operation } from './operations.ts'
import { MethodBadge, Prose, Table } from './parts.tsx'

/** The API reference, made from the OpenAPI document alone. */
export function ReferencePage({ document }: { document: ApiDocument }) {
  const operations = operationsOf(document)
  const tags = (document.tags ?? []).flatMap((tag) => {
    const own = operations.filter((each) => each.described.tags?.includes(tag.name))
    return own.length === 0 ? [] : [{ name: tag.name, description: tag.description ?? '', operations: own }]
  })
  const menu = <Menu tags={tags} />
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{document.info.title} · API reference</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the reference
        </a>
        <header>
          <a class="brand" href="#top">
            {document.info.title}
          </a>
          <span class="version">{document.info.version}</span>
          <a class="raw" href="/openapi.json">
            openapi.json
          </a>
        </header>
        <div class="columns" id="top">
          <nav class="side" aria-label="Operations">
            {menu}
          </nav>
          <main id="main">
            <details class="contents">
              <summary>Contents</summary>
              <nav aria-label="Contents">{menu}</nav>
            </details>
            <Introduction document={document} />
            {tags.map((tag) => (
              <section class="tag" aria-labelledby={tagId(tag.name)}>
                <h2 id={tagId(tag.name)}>{tag.name}</h2>
                <p class="lead">{tag.description}</p>
                {tag.operations.map((operation) => (
                  <OperationArticle document={document} operation={operation} />
                ))}
              </section>
            ))}
          </main>
        </div>
      </body>
    </html>
  )
}

function Menu({ tags }: { tags: { name: string; operations: Operation[] }[] }) {
  return (
    <ul>
      <li>
        <a href="#introduction">Introduction</a>
      </li>
      {tags.map((tag) => (
        <li>
          <a class="group" href={`#${tagId(tag.name)}`}>
            {tag.name}
          </a>
          <ul>
            {tag.operations.map(({ id, method, described }) => (
              <li>
                <a href={`#${id}`}>
                  <MethodBadge method={method} /> {described.summary}
                </a>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}

const SCOPES = [
  ['admin', 'Everything, for every account. The ADMIN_KEY setting is such a key.'],
  ['ingest', 'Sending events, for its account, or for every account where the key has none.'],
  ['manage', "Everything of its own account but sending events and what is the operator's."],
  ['read', 'Reading what belongs to its own account.'],
]

function Introduction({ document }: { document: ApiDocument }) {
  const problems = PROBLEM_CODES.map((code) => new Problem(code, '').toDocument())
  return (
    <section aria-labelledby="introduction">
      <h1 id="introduction">API reference</h1>
      <p class="lead">{document.info.description}</p>
      <h3>Authentication</h3>
      <Prose text="Send a key with every request to `/v1`: `Authorization: Bearer KEY`. Its scope says what it may do. Another account's objects answer 404." />
      <Table heads={['Scope', 'May']}>
        {SCOPES.map(([scope, may]) => (
          <tr>
            <td>
              <code>{scope}</code>
            </td>
            <td>{may}</td>
          </tr>
        ))}
      </Table>
      <h3>Errors</h3>
      <Prose text="Every answer that is not a success is an RFC 9457 document of type `application/problem+json`. Bad input has `errors`: every fault at once, each with its `path` and `message`." />
      <Table heads={['Status', 'Code', 'Meaning']}>
        {problems.map(({ status, code, title }) => (
          <tr>
            <td>{status}</td>
            <td>
              <code>{code}</code>
            </td>
            <td>{title}</td>
          </tr>
        ))}
      </Table>
      <h3>Lists</h3>
      <Prose text="Lists take `limit` (1–250, 50 unless given) and `cursor`, and answer with `data` and `next_cursor`, which is null at the end. Keep the filters the same from page to page." />
    </section>
  )
}

function tagId(name: string): string {
  return `tag-${name.toLowerCase()}`
}
