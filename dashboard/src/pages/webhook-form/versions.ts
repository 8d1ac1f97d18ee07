/** Two editors of one webhook: what became of it while one of them was at it. */
import type { Config } from './types.ts'
import { FIELDS, isSame, valuesOf, type Field, type FormValues } from './values.ts'

export interface Difference {
  field: Field
  before: unknown
  theirs: unknown
  mine: unknown
  /** Both have changed it, and not to the same. */
  isContested: boolean
}

/**
 * What others have changed since, field by field.
 * @param base what both began with
 * @param mine just what was to be changed, as a PATCH has it
 */
export function changedMeanwhile(base: Config, theirs: Config, mine: Record<string, unknown>): Difference[] {
  return FIELDS.filter((field) => !isSame(base[field], theirs[field])).map((field) => ({
    field,
    before: base[field],
    theirs: theirs[field],
    mine: field in mine ? mine[field] : base[field],
    isContested: field in mine && !isSame(mine[field], theirs[field]),
  }))
}

/** The form with my changes over their version: what I have not changed is theirs. */
export function rebased(values: FormValues, theirs: Config, mine: Record<string, unknown>): FormValues {
  const next = valuesOf(theirs)
  const own = Object.fromEntries(
    FIELDS.filter((field) => field in mine).map((field) => [field, values[field]]),
  )
  // Safe: each field with the value that it had in the form.
  return { ...next, ...(own as Partial<FormValues>) }
}
