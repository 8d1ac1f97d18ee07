/** Fields of a body that may be left out. Null is as if the field were not there: many clients write every field. */
import * as z from 'zod'

/** A field that has a default. */
export function orDefault<S extends z.ZodType>(field: S, fallback: NonNullable<z.output<S>>) {
  return described(
    field,
    nullOrDefault(field, fallback).transform((value) => value ?? fallback),
  )
}

/** The same as it is described, for a body that is checked by other means. */
export function nullOrDefault<S extends z.ZodType>(field: S, fallback: z.output<S>) {
  // Safe: the default is what comes out of the field, which changes nothing of it (`overwrite` aside).
  return described(field, field.nullable().default(fallback as z.util.NoUndefined<z.output<S>>))
}

/** A field that has none. */
export function orNothing<S extends z.ZodType>(field: S) {
  return described(
    field,
    field.nullish().transform((value) => value ?? undefined),
  )
}

/** With the description of its inner field, for the documents. */
function described<S extends z.ZodType>(inner: z.ZodType, outer: S): S {
  const description = inner.meta()?.description
  return description === undefined ? outer : outer.describe(description)
}
