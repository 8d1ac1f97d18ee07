import { ALIASES, TRIGGERS, triggerOf, type TriggerSlug } from '../catalogue/triggers.ts'
import type { Variable } from '../catalogue/types.ts'

/** The blank of what has no type of its own, as JSON text. */
export const BLANK = '""'

/** What rendering has to know of a trigger, worked out once. */
export interface Vocabulary {
  /** As the catalogue calls it, for people. */
  readonly triggerName: string
  /** The names of the trigger's own variables, in the order in which a receiver gets them. */
  readonly own: readonly string[]
  readonly isOwn: ReadonlySet<string>
  /**
   * The blank of each variable that any trigger documents, as JSON text; of two variables of one name, this trigger's
   * own.
   */
  readonly blanks: ReadonlyMap<string, string>
}

/** The variables of every trigger, by name: a template may name one that its trigger does not have. */
const DOCUMENTED: ReadonlyMap<string, Variable> = new Map(
  TRIGGERS.flatMap((trigger) => trigger.variables.map((variable) => [variable.name, variable] as const)),
)

/** The variables that hold a full stamp. */
export const STAMP_NAMES: readonly string[] = [...DOCUMENTED.values()]
  .filter((variable) => variable.temporal === 'timestamp')
  .map((variable) => variable.name)

/** Each documented name as it stands before its value in JSON. */
export const QUOTED: ReadonlyMap<string, string> = new Map(
  [...DOCUMENTED.keys()].map((name) => [name, `${JSON.stringify(name)}:`]),
)

const BLANKS: ReadonlyMap<string, string> = new Map(
  [...DOCUMENTED].map(([name, variable]) => [name, blankOf(variable)]),
)

const vocabularies = new Map<TriggerSlug, Vocabulary>()

/** The vocabulary of a trigger. */
export function vocabularyOf(slug: TriggerSlug): Vocabulary {
  const known = vocabularies.get(slug)
  if (known !== undefined) return known
  const { name: triggerName, variables } = triggerOf(slug)
  const own = variables.map((variable) => variable.name)
  const blanks = new Map(BLANKS)
  for (const variable of variables) blanks.set(variable.name, blankOf(variable))
  const vocabulary = { triggerName, own, isOwn: new Set(own), blanks }
  vocabularies.set(slug, vocabulary)
  return vocabulary
}

/** What a template may name of the delivery itself. */
export const DELIVERY_NAMES: readonly string[] = [
  'trigger',
  'trigger_name',
  'event_id',
  'position',
  'attempt',
  'account_id',
  'webhook_id',
]

/** All that a template may name whatever the event carries. */
export const TEMPLATE_NAMES: readonly string[] = [
  ...new Set([...DELIVERY_NAMES, ...DOCUMENTED.keys(), ...ALIASES.keys()]),
]

/** Variables whose value is a list of objects, which grows with the call. */
export const LARGE_NAMES: ReadonlySet<string> = new Set(
  [...DOCUMENTED.values()].filter(({ type }) => type === 'array_of_objects').map(({ name }) => name),
)

/** Whether a name means something beyond one event: it is documented, or the other name of what is. */
export function isNamed(name: string): boolean {
  return DOCUMENTED.has(name) || ALIASES.has(name)
}

/**
 * What stands for a variable that the event does not carry. Whole numbers and booleans are "" too: 0 and false
 * would say something about the call, and live lines write "" where such a value does not apply.
 */
function blankOf(variable: Variable): string {
  switch (variable.type) {
    case 'object':
      return '{}'
    case 'array_of_strings':
    case 'array_of_objects':
      return '[]'
    case 'string':
    case 'integer':
    case 'boolean':
      return BLANK
  }
}
