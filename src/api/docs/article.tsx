import type { ApiDocument } from './document.ts'
import { bodySchemaOf, parametersOf, type Operation, type Parameter } from './operations.ts'
import { Field, MethodBadge, Prose, SchemaTable, Table } from './parts.tsx'
import { exampleOf, schemaRows } from './schema-rows.ts'

/** One operation: what it takes, an example, and what it answers. */
export function OperationArticle({ document, operation }: { document: ApiDocument; operation: Operation }) {
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
          <SchemaTable document={document} schema={bodySchema} asked />
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

function Answer({ document, status, response }: { document: ApiDocument; status: string; response: object }) {
  const description = 'description' in response ? String(response.description) : ''
  const content: [string, { schema?: unknown }] | undefined =
    'content' in response ? Object.entries(response.content ?? {})[0] : undefined
  const title = (
    <>
      <span class={`status s${status.charAt(0)}`}>{status}</span> {description}
    </>
  )
  const schema = content?.[1].schema
  if (!status.startsWith('2') || schema === undefined || schemaRows(document, schema).length === 0) {
    return <p class="answer">{title}</p>
  }
  return (
    <details class="answer">
      <summary>{title}</summary>
      <SchemaTable document={document} schema={schema} asked={false} />
    </details>
  )
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
