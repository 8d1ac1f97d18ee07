/** What a `$` may name: the variables of the triggers, each with a value that it has in the sample call. */
import type { Trigger } from './types.ts'

export interface Variable {
  name: string
  /** Null: nobody knows one. */
  sample: string | null
  description: string
  /** The triggers that do not have it: their events leave it blank. */
  missingIn: string[]
}

/**
 * @param chosen the webhook's triggers; of all if it has none yet
 * @param sample what the sample call has, by name
 * @param own what a template may name of the delivery itself, with its description
 */
export function variablesFor(
  chosen: readonly Trigger[],
  sample: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, string>>,
): Variable[] {
  const byName = new Map<string, Variable>()
  for (const { variables } of chosen) {
    for (const { name, description, example } of variables) {
      if (byName.has(name)) continue
      const missingIn = chosen
        .filter((each) => !each.variables.some((variable) => variable.name === name))
        .map((each) => each.name)
      const value = Object.hasOwn(sample, name) ? textOf(sample[name]) : (example ?? null)
      byName.set(name, { name, sample: value, description, missingIn })
    }
  }
  for (const [name, description] of Object.entries(own))
    byName.set(name, { name, sample: null, description, missingIn: [] })
  return [...byName.values()]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
