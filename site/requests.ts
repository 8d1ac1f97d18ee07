/** The request of an operation as people write it. */
import type { Operation, Parameter } from '../src/api/docs/operations.ts'

export interface RequestSample {
  /** Of the tab. */
  title: string
  language: string
  code: string
}

/** An example of what an operation takes. */
export interface Asked {
  operation: Operation
  parameters: readonly Parameter[]
  /** Undefined if it takes none. */
  body: unknown
  /** A value for a parameter. */
  valueOf: (parameter: Parameter) => string
}

export function requestSamples(asked: Asked): RequestSample[] {
  return [
    { title: 'curl', language: 'bash', code: curl(asked) },
    { title: 'TypeScript', language: 'typescript', code: typescript(asked) },
    { title: 'Python', language: 'python', code: python(asked) },
  ]
}

/** Path and query, with examples of what has to be there. */
function target({ operation, parameters, valueOf }: Asked): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) => {
    const parameter = parameters.find((each) => each.in === 'path' && each.name === name)
    return parameter === undefined ? placeholder : encodeURIComponent(valueOf(parameter))
  })
  const query = parameters
    .filter((each) => each.in === 'query' && each.required)
    .map((each) => `${each.name}=${encodeURIComponent(valueOf(each))}`)
  return (
    [path, ...query.slice(0, 1)].join('?') +
    query
      .slice(1)
      .map((each) => `&${each}`)
      .join('')
  )
}

function needsKey({ operation }: Asked): boolean {
  return operation.described.security?.length !== 0
}

function curl(asked: Asked): string {
  const method = asked.operation.method.toUpperCase()
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}"$RELAY${target(asked)}"`]
  if (needsKey(asked)) lines.push('-H "Authorization: Bearer $RELAY_KEY"')
  if (asked.body !== undefined) {
    const body = JSON.stringify(asked.body, null, 2).replaceAll("'", String.raw`'\''`)
    lines.push('-H "Content-Type: application/json"', `-d '${body}'`)
  }
  return lines.join(' \\\n  ')
}

function typescript(asked: Asked): string {
  const method = asked.operation.method.toUpperCase()
  const options: string[] = []
  if (method !== 'GET') options.push(`  method: '${method}',`)
  const headers: string[] = []
  if (needsKey(asked)) headers.push('authorization: `Bearer ${RELAY_KEY}`')
  if (asked.body !== undefined) headers.push("'content-type': 'application/json'")
  if (headers.length > 0) options.push(`  headers: { ${headers.join(', ')} },`)
  if (asked.body !== undefined)
    options.push(`  body: JSON.stringify(${indented(literal(asked.body), '  ')}),`)
  const url = `\`\${RELAY}${target(asked)}\``
  const call = options.length === 0 ? `fetch(${url})` : `fetch(${url}, {\n${options.join('\n')}\n})`
  const read = hasAnswer(asked) ? '\nconst answer = await response.json()' : ''
  return `const response = await ${call}\nif (!response.ok) throw new Error(await response.text())${read}`
}

/** A value as TypeScript writes it: names without quotes where they need none. */
function literal(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(/^(\s*)"([A-Za-z_]\w*)":/gm, '$1$2:')
}

function python(asked: Asked): string {
  const { operation, body } = asked
  const parts = [`    f"{RELAY}${target(asked)}",`]
  if (needsKey(asked)) parts.push('    headers={"Authorization": f"Bearer {RELAY_KEY}"},')
  if (body !== undefined) parts.push(`    json=${indented(pythonLiteral(body, ''), '    ')},`)
  const read = hasAnswer(asked) ? '\nanswer = response.json()' : ''
  return `response = requests.${operation.method}(\n${parts.join('\n')}\n)\nresponse.raise_for_status()${read}`
}

function pythonLiteral(value: unknown, indent: string): string {
  const deeper = `${indent}  `
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((each) => `${deeper}${pythonLiteral(each, deeper)},`).join('\n')}\n${indent}]`
  }
  if (typeof value === 'object') {
    const lines = Object.entries(value).map(
      ([name, each]) => `${deeper}${JSON.stringify(name)}: ${pythonLiteral(each, deeper)},`,
    )
    return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
  }
  return JSON.stringify(value)
}

function indented(text: string, indent: string): string {
  return text.replaceAll('\n', `\n${indent}`)
}

function hasAnswer({ operation }: Asked): boolean {
  return Object.entries(operation.described.responses ?? {}).some(
    ([status, response]) => status.startsWith('2') && 'content' in response,
  )
}
