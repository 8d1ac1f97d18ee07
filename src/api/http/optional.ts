/** Fields of a body that may be left out. Null is as if the field were not there: many clients write every field. */
import * as z from 'zod'

/** The fields of which a null is left out before they are checked, and which so never come out as null. */
const NULLABLE = new WeakSet<z.core.$ZodType>()

/** A field that has a default. */
export function orDefault<S extends z.ZodType>(
  field: S,
  fallback: z.util.NoUndefined<z.output<S>>,
): z.ZodDefault<S> {
  // Safe: see NULLABLE.
  return marked(field, field.nullable().default(fallback)) as unknown as z.ZodDefault<S>
}

/** A field that has none. */
export function orNothing<S extends z.ZodType>(field: S): z.ZodOptional<S> {
  // Safe: see NULLABLE.
  return marked(field, field.nullable().optional()) as unknown as z.ZodOptional<S>
}

function marked(inner: z.ZodType, outer: z.ZodType): z.ZodType {
  // The documents look for it on the outside.
  const description = inner.meta()?.description
  const field = description === undefined ? outer : outer.describe(description)
  NULLABLE.add(field)
  return field
}

/** A value without the nulls that stand for what is not there. A transform would cost the documents their examples. */
export function withoutNulls(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((each: unknown) => withoutNulls(schema.element, each))
  }
  if (
    !(schema instanceof z.ZodObject) ||
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value)
  ) {
    return value
  }
  const fields = new Map<string, z.core.$ZodType>(Object.entries(schema.shape))
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
      const field = fields.get(name)
      if (field === undefined) return [[name, part]]
      return part === null && NULLABLE.has(field) ? [] : [[name, withoutNulls(field, part)]]
    }),
  )
}
