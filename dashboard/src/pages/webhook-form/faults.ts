/** Faults and warnings of the API, by the fields of the form. */
import type { Fault } from './types.ts'
import { rowIndexOf, type FormValues } from './values.ts'

export interface Placed {
  /** Of the form: `name`, `headers.0.key`, with the form's own rows. */
  path: string
  message: string
}

/** As the form has it: rows that are not sent count there, and a list that is one field has one place. */
export function placed({ path, message }: Fault, values: FormValues): Placed {
  const [field = '', index, part] = path.replace(/^webhook\.?/, '').split('.')
  if (field === 'headers' || field === 'parameters') {
    if (index === undefined) return { path: field, message }
    const row = rowIndexOf(values[field], Number(index))
    return { path: `${field}.${row}.${part ?? 'key'}`, message }
  }
  return {
    path: field,
    message: index === undefined ? message : about(values, field, Number(index), message),
  }
}

/** Of one among several that stand in one field: which. */
function about(values: FormValues, field: string, index: number, message: string): string {
  const list = field === 'numbers' ? values.numbers : []
  const which = list[index]
  return which === undefined ? message : `${which} ${message}`
}

/** What stands at a field, as one text. */
export function messageAt(list: readonly Placed[], path: string): string | null {
  const messages = [...new Set(list.filter((each) => each.path === path).map(({ message }) => message))]
  return messages.length === 0 ? null : messages.map(asSentence).join(' ')
}

function asSentence(message: string): string {
  // A name such as `call_hangup_missed` stays as it is.
  const isWord = /^\p{Ll}+[ ,:]/u.test(message)
  const text = isWord ? message.charAt(0).toUpperCase() + message.slice(1) : message
  return /[.?!]$/.test(text) ? text : `${text}.`
}
