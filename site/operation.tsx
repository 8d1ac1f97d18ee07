import { raw } from 'hono/html'
import { bodySchemaOf, parametersOf, type Operation } from '../src/api/docs/operations.ts'
import { codeOnly } from './code.ts'
import { Method, Tabs } from './layout.tsx'
import { renderInline } from './markdown.ts'
import type { Reference } from './reference.ts'
import { bodyId, schemaId } from './reference.ts'
import { requestSamples } from './requests.ts'
import { record, textOf, type SchemaField, type TypeName } from './schema.ts'

/** One operation: what it takes and answers, and beside it an example of both. */
export function OperationArticle({ reference, operation }: { reference: Reference; operation: Operation }) {
  const { id, method, path, described } = operation
  const parameters = parametersOf(described)
  const bodySchema = bodySchemaOf(described)
  const responses = Object.entries(described.responses ?? {})
  const body = bodySchema === undefined ? undefined : reference.exampleOf(bodySchema, true)
  const samples = requestSamples({
    operation,
    parameters,
    body,
    valueOf: ({ schema }) => String(reference.exampleOf(schema, true)),
  })
  const answers = responses.map(([status, response]) => ({
    title: status,
    html: codeOnly(...answerExample(reference, response), `Answer ${status}`),
  }))
  return (
    <article class="operation" aria-labelledby={id}>
      <div class="said">
        <h2 id={id}>
          {described.summary}
          <a class="anchor" href={`#${id}`} aria-label={`Link to ${described.summary ?? ''}`}>
            #
          </a>
        </h2>
        <p class="route">
          <Method method={method} /> <code>{path}</code>
        </p>
        <Prose text={described.description ?? ''} />
        {(['path', 'query', 'header'] as const).map((where) => {
          const own = parameters.filter((each) => each.in === where)
          if (own.length === 0) return null
          const fields = own.map(({ name, required, description, schema }): SchemaField => {
            return {
              name,
              required,
              type: reference.schemas.typeOf(schema),
              description: description || textOf(record(schema)['description']),
              constraints: reference.schemas.constraintsOf(schema),
              fields: [],
            }
          })
          return (
            <>
              <h3>{{ path: 'In the path', query: 'In the query', header: 'Headers' }[where]}</h3>
              <Fields reference={reference} fields={fields} isAsked />
            </>
          )
        })}
        {bodySchema !== undefined && (
          <>
            <h3 id={bodyId(operation)}>Body</h3>
            <SchemaBody reference={reference} schema={bodySchema} isAsked />
          </>
        )}
        <h3>Answers</h3>
        {responses
          .filter(([status]) => status.startsWith('2'))
          .map(([status, response]) => (
            <Answer reference={reference} status={status} response={response} />
          ))}
        <details class="problems">
          <summary>
            Problems:{' '}
            {responses
              .filter(([status]) => !status.startsWith('2'))
              .map(([status]) => status)
              .join(', ')}
          </summary>
          <ul class="plain">
            {responses
              .filter(([status]) => !status.startsWith('2'))
              .map(([status, response]) => (
                <li>
                  <span class="status">{status}</span> {descriptionOf(response)}
                </li>
              ))}
          </ul>
          <p>
            Each is a <a href="/docs/api#errors">problem document</a>.
          </p>
        </details>
      </div>
      <div class="shown">
        <Tabs
          id={`${id}-request`}
          label={`Request: ${described.summary ?? ''}`}
          kind="language"
          tabs={samples.map(({ title, language, code }) => ({
            title,
            html: codeOnly(code, language, title),
          }))}
        />
        <p class="shown-title">Answer</p>
        <Tabs id={`${id}-answer`} label={`Answer: ${described.summary ?? ''}`} kind="answer" tabs={answers} />
      </div>
    </article>
  )
}

/** A named schema, described once. */
export function SchemaArticle({ reference, name }: { reference: Reference; name: string }) {
  const schema: unknown = reference.document.components.schemas?.[name]
  const example = JSON.stringify(reference.exampleOf(schema, false), null, 2)
  const isObject = reference.schemas.fieldsOf(schema).length > 0
  return (
    <article class="operation" aria-labelledby={schemaId(name)}>
      <div class="said">
        <h2 id={schemaId(name)}>
          {name}
          <a class="anchor" href={`#${schemaId(name)}`} aria-label={`Link to ${name}`}>
            #
          </a>
        </h2>
        <Prose text={textOf(record(schema)['description'])} />
        <SchemaBody reference={reference} schema={schema} isAsked={false} />
      </div>
      <div class="shown">{isObject && <div class="code">{raw(codeOnly(example, 'json', name))}</div>}</div>
    </article>
  )
}

function Answer(props: { reference: Reference; status: string; response: object }) {
  const { reference, status, response } = props
  const schema = schemaOf(response)
  const name = reference.schemas.nameOf(schema)
  const fields = schema === undefined || name !== null ? [] : reference.schemas.fieldsOf(schema)
  return (
    <>
      <p class="answer">
        <span class="status">{status}</span> {descriptionOf(response)}
        {schema !== undefined && fields.length === 0 && (
          <>
            {': '}
            <Type reference={reference} type={reference.schemas.typeOf(schema)} />
          </>
        )}
      </p>
      {fields.length > 0 && <Fields reference={reference} fields={fields} isAsked={false} />}
    </>
  )
}

function SchemaBody(props: { reference: Reference; schema: unknown; isAsked: boolean }) {
  const { reference, schema, isAsked } = props
  const { schemas } = reference
  const fields = schemas.fieldsOf(schema)
  if (fields.length > 0) return <Fields reference={reference} fields={fields} isAsked={isAsked} />
  const values = schemas.resolved(schema)['enum']
  if (!Array.isArray(values)) return <p>Any JSON object.</p>
  return (
    <ul class="values">
      {values.map((value) => (
        <li>
          <code>{String(value)}</code>
        </li>
      ))}
    </ul>
  )
}

/** @param isAsked a client sends them, so that it matters which are required */
export function Fields(props: { reference: Reference; fields: SchemaField[]; isAsked: boolean }) {
  const { reference, fields, isAsked } = props
  return (
    <ul class="fields">
      {fields.map((field) => (
        <li>
          <p class="field">
            <code>{field.name}</code> <Type reference={reference} type={field.type} />
            {isAsked && field.required && <span class="required">required</span>}
          </p>
          <Prose text={field.description} />
          {field.constraints.length > 0 && (
            <div class="constraints">
              <Prose text={capitalized(field.constraints.join('; '))} />
            </div>
          )}
          {field.fields.length > 0 && (
            <details>
              <summary>Fields of {field.name}</summary>
              <Fields reference={reference} fields={field.fields} isAsked={isAsked} />
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}

function Type({ reference, type }: { reference: Reference; type: TypeName }) {
  return (
    <span class="type">
      {type.map((part) =>
        typeof part === 'string' ? part : <a href={reference.hrefOf(part.schema)}>{part.schema}</a>,
      )}
    </span>
  )
}

export function Prose({ text }: { text: string }) {
  return text === '' ? null : <>{raw(renderInline(text))}</>
}

function answerExample(reference: Reference, response: object): [code: string, language: string] {
  const content = contentOf(response)
  if (content === undefined) return ['(no body)', '']
  const example = 'example' in content ? content['example'] : reference.exampleOf(content['schema'], false)
  return [JSON.stringify(example, null, 2), 'json']
}

function contentOf(response: object): Readonly<Record<string, unknown>> | undefined {
  const [content] = Object.values(record(record(response)['content']))
  return content === undefined ? undefined : record(content)
}

function schemaOf(response: object): unknown {
  return contentOf(response)?.['schema']
}

function descriptionOf(response: object): string {
  return textOf(record(response)['description'])
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
