import type { Child } from 'hono/jsx'
import type { ApiDocument } from './document.ts'
import { PROBLEM_CODES, Problem } from '../problem.ts'
import { exampleOf, schemaRows } from './schema-rows.ts'

type PathItem = NonNullable<ApiDocument['paths'][string]>
type Described = NonNullable<PathItem['get']>

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
type Method = (typeof METHODS)[number]

interface Operation {
  id: string
  method: Method
  path: string
  described: Described
}

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
  ['manage', 'Everything of its own account but sending events.'],
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

function OperationArticle({ document, operation }: { document: ApiDocument; operation: Operation }) {
  const { id, method, path, described } = operation
  const parameters = parametersOf(described)
  const bodySchema = bodySchemaOf(described)
  return (
    <article id={id} aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>
        <a class="anchor" href={`#${id}`}>
          {described.summary}
        </a>
      </h3>
      <p class="route">
        <MethodBadge method={method} /> <code>{path}</code>
      </p>
      <Prose text={described.description ?? ''} />
      {parameters.length > 0 && <Parameters document={document} parameters={parameters} />}
      {bodySchema !== undefined && (
        <>
          <h4>Body</h4>
          <SchemaTable document={document} schema={bodySchema} />
        </>
      )}
      <h4>Example</h4>
      <pre tabindex={0} aria-label={`Example: ${described.summary ?? ''}`}>
        <code>{curl(document, operation, bodySchema)}</code>
      </pre>
      <h4>Answers</h4>
      {Object.entries(described.responses ?? {}).map(([status, response]) => (
        <Answer document={document} status={status} response={response} />
      ))}
    </article>
  )
}

interface Parameter {
  name: string
  in: string
  required: boolean
  description: string
  schema: unknown
}

function Parameters({ document, parameters }: { document: ApiDocument; parameters: Parameter[] }) {
  const properties = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]))
  const rows = schemaRows(document, { type: 'object', properties })
  return (
    <>
      <h4>Parameters</h4>
      <Table heads={['Name', 'Type', 'Description']}>
        {parameters.map((parameter) => {
          const row = rows.find((each) => each.path === parameter.name)
          return (
            <Field
              path={parameter.name}
              where={parameter.in}
              type={row?.type ?? 'string'}
              required={parameter.required}
              description={parameter.description || (row?.description ?? '')}
              constraints={row?.constraints ?? []}
            />
          )
        })}
      </Table>
    </>
  )
}

function SchemaTable({ document, schema }: { document: ApiDocument; schema: unknown }) {
  const rows = schemaRows(document, schema)
  if (rows.length === 0) return <p>Any JSON object.</p>
  return (
    <Table heads={['Field', 'Type', 'Description']}>
      {rows.map((row) => (
        <Field {...row} />
      ))}
    </Table>
  )
}

function Field(field: {
  path: string
  where?: string
  type: string
  required: boolean
  description: string
  constraints: string[]
}) {
  return (
    <tr>
      <td>
        <code>{field.path}</code>
        {field.required && <span class="required">required</span>}
      </td>
      <td>
        {field.type}
        {field.where !== undefined && <span class="where">{field.where}</span>}
      </td>
      <td>
        <Prose text={field.description} />
        {field.constraints.length > 0 && <p class="constraints">{field.constraints.join('; ')}</p>}
      </td>
    </tr>
  )
}

function Answer({ document, status, response }: { document: ApiDocument; status: string; response: object }) {
  const description = 'description' in response ? String(response.description) : ''
  const content = 'content' in response ? Object.entries(response.content ?? {})[0] : undefined
  const title = (
    <>
      <span class={`status s${status.charAt(0)}`}>{status}</span> {description}
    </>
  )
  const schema: unknown = content?.[1].schema
  if (!status.startsWith('2') || schema === undefined || schemaRows(document, schema).length === 0) {
    return <p class="answer">{title}</p>
  }
  return (
    <details class="answer">
      <summary>{title}</summary>
      <SchemaTable document={document} schema={schema} />
    </details>
  )
}

function Table({ heads, children }: { heads: string[]; children?: Child }) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={heads.join(', ')}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

function MethodBadge({ method }: { method: Method }) {
  return <span class={`method ${method}`}>{method.toUpperCase()}</span>
}

/** Paragraphs of text in which backticks set code. */
function Prose({ text }: { text: string }) {
  if (text === '') return null
  return (
    <>
      {text.split('\n\n').map((paragraph) => (
        <p>{paragraph.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</p>
      ))}
    </>
  )
}

function operationsOf(document: ApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const described = item[method]
      if (described === undefined) return []
      return [{ id: described.operationId ?? `${method}${path}`, method, path, described }]
    }),
  )
}

function parametersOf(described: Described): Parameter[] {
  return (described.parameters ?? []).flatMap((parameter) => {
    if (!('name' in parameter)) return []
    const { name, in: where, required, description, schema } = parameter
    return [{ name, in: where, required: required === true, description: description ?? '', schema }]
  })
}

function bodySchemaOf(described: Described): unknown {
  const { requestBody } = described
  return requestBody !== undefined && 'content' in requestBody
    ? requestBody.content['application/json']?.schema
    : undefined
}

function curl(document: ApiDocument, { method, path, described }: Operation, bodySchema: unknown): string {
  const asked = parametersOf(described)
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name }) => `${name}=…`)
  const url = `$RELAY${path
    .replaceAll('{', '$')
    .replaceAll('}', '')
    .replaceAll(/\$[a-z_]+/g, (name) => name.toUpperCase())}`
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"${[url, ...asked].join('?')}"`,
  ]
  if (described.security?.length !== 0) lines.push('-H "Authorization: Bearer $KEY"')
  if (bodySchema !== undefined) {
    const example = JSON.stringify(exampleOf(document, bodySchema), null, 2)
    lines.push('-H "Content-Type: application/json"', `-d '${example.replaceAll("'", "'\\''")}'`)
  }
  return lines.join(' \\\n  ')
}

function tagId(name: string): string {
  return `tag-${name.toLowerCase()}`
}
