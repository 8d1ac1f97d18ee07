/** Two editors of one webhook: what of it each has changed, field by field, and what becomes of it. Headers are one field. */
import type { Body, Config } from './types.ts'
import { FIELDS, isSame, valuesOf, type Field, type FormValues } from './values.ts'

export type Side = 'mine' | 'theirs'
/** Who has changed a field: one of them, both to the same, or both and not to the same, which somebody has to decide. */
export type Fate = Side | 'agreed' | 'contested'

export interface Difference {
  field: Field
  fate: Fate
  before: unknown
  mine: unknown
  theirs: unknown
}

/** Whose value it shall be, of fields that are contested. */
export type Choices = Partial<Record<Field, Side>>

/**
 * All fields that anybody has changed, in the order of the form.
 * @param base what both began with
 * @param mine just what I have changed
 * @param theirs the whole, as it is now
 */
export function differencesOf(base: Config, mine: Body, theirs: Config): Difference[] {
  return FIELDS.flatMap((field) => {
    const values = {
      before: base[field],
      mine: field in mine ? mine[field] : base[field],
      theirs: theirs[field],
    }
    const fate = fateOf(values)
    return fate === null ? [] : [{ field, fate, ...values }]
  })
}

function fateOf({ before, mine, theirs }: Pick<Difference, 'before' | 'mine' | 'theirs'>): Fate | null {
  const isMine = !isSame(before, mine)
  const isTheirs = !isSame(before, theirs)
  if (isMine && isTheirs) return isSame(mine, theirs) ? 'agreed' : 'contested'
  if (isMine) return 'mine'
  return isTheirs ? 'theirs' : null
}

/** Contested fields of which nobody has said yet whose they shall be. */
export function openOf(differences: readonly Difference[], choices: Choices): Field[] {
  return differences
    .filter(({ field, fate }) => fate === 'contested' && choices[field] === undefined)
    .map(({ field }) => field)
}

/** The fields that are to be changed in their version, because I have. */
export function keptOf(differences: readonly Difference[], choices: Choices): Field[] {
  return differences
    .filter(({ field, fate }) => fate === 'mine' || (fate === 'contested' && choices[field] === 'mine'))
    .map(({ field }) => field)
}

/** The form once it is saved: as it is stored, but for what was written while it was on its way. */
export function writtenSince(sent: FormValues, now: FormValues, stored: FormValues): FormValues {
  const entries = Object.entries(now).filter(
    ([field, value]) => !isSame(value, sent[field as keyof FormValues]),
  )
  // Safe: each field with the value that it has in the form.
  return { ...stored, ...(Object.fromEntries(entries) as Partial<FormValues>) }
}

/** The form over their version: what I keep is as I wrote it, and all else is theirs. */
export function rebased(values: FormValues, theirs: Config, kept: readonly Field[]): FormValues {
  const own = Object.fromEntries(kept.map((field) => [field, values[field]]))
  // Safe: each field with the value that it had in the form.
  return { ...valuesOf(theirs), ...(own as Partial<FormValues>) }
}
