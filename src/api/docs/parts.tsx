import type { Child } from 'hono/jsx'
import type { ApiDocument } from './document.ts'
import type { Method } from './operations.ts'
import { schemaRows } from './schema-rows.ts'

export function Table({ heads, children }: { heads: string[]; children?: Child }) {
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

export function MethodBadge({ method }: { method: Method }) {
  return <span class={`method ${method}`}>{method.toUpperCase()}</span>
}

/** Paragraphs of text in which backticks set code. */
export function Prose({ text }: { text: string }) {
  if (text === '') return null
  return (
    <>
      {text.split('\n\n').map((paragraph) => (
        <p>{paragraph.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</p>
      ))}
    </>
  )
}

/** `asked`: the fields are what a client sends, so that it matters which are required. */
export function SchemaTable({
  document,
  schema,
  asked,
}: {
  document: ApiDocument
  schema: unknown
  asked: boolean
}) {
  const rows = schemaRows(document, schema)
  if (rows.length === 0) return <p>Any JSON object.</p>
  return (
    <Table heads={['Field', 'Type', 'Description']}>
      {rows.map((row) => (
        <Field {...row} required={asked && row.required} />
      ))}
    </Table>
  )
}

export function Field(field: {
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
