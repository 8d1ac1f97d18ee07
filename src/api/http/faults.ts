import type * as z from 'zod'
import { withoutNulls } from './optional.ts'
import { Problem, type Fault } from './problem.ts'
import { wordsOf } from './words.ts'

export type Checked<T> = { ok: true; data: T } | { ok: false; faults: Fault[] }

/** Checks a value against a schema. The faults name every field at fault, and no value. */
export function check<S extends z.ZodType>(schema: S, value: unknown): Checked<z.output<S>> {
  const result = schema.safeParse(withoutNulls(schema, value), { error: wordsOf })
  return result.success ? { ok: true, data: result.data } : { ok: false, faults: faultsOf(result.error) }
}

/** A 422 with every fault. */
export function invalid(faults: readonly Fault[]): Problem {
  const fields = faults.map((fault) => fault.path || 'the body').slice(0, 5)
  return new Problem('invalid', `At fault: ${fields.join(', ')}${faults.length > 5 ? ', …' : ''}`, { faults })
}

function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }))
    }
    return [{ path: path.join('.'), message: issue.message }]
  })
}
