/** What the form holds, and what the API is sent of it. */
import { shownFields, type Shown } from './applies.ts'
import type { Body, Config, Trigger } from './types.ts'

/** The fields that are configured, in the order of the form. */
export const FIELDS = [
  'name',
  'description',
  'triggers',
  'url',
  'method',
  'call_type',
  'content_type',
  'outbound_types',
  'numbers',
  'date_time_format',
  'time_zone',
  'headers',
  'parameters',
  'body',
  'value_types',
  'nested_form',
  'ordering',
  'rate_limit',
  'max_age_seconds',
] as const satisfies (keyof Config)[]
export type Field = (typeof FIELDS)[number]

/** A header or parameter, with what tells its row from others while it is edited. */
export interface Row {
  rowId: string
  key: string
  value: string
}

export interface FormValues extends Omit<
  Config,
  'headers' | 'parameters' | 'rate_limit' | 'max_age_seconds'
> {
  headers: Row[]
  parameters: Row[]
  /** Text is what is no number (yet); empty is none. */
  rate_limit: number | string
  max_age_seconds: number | string
}

/** The API's defaults, and nothing where there is none. */
export const NEW: Config = {
  name: '',
  description: '',
  triggers: [],
  url: '',
  method: 'POST',
  call_type: 'all',
  content_type: 'application/json',
  outbound_types: [],
  numbers: [],
  date_time_format: 'default',
  time_zone: 'IST',
  headers: [],
  parameters: [],
  body: 'all',
  value_types: 'typed',
  nested_form: 'json',
  ordering: 'per_call',
  rate_limit: null,
  max_age_seconds: null,
}

let rows = 0
/** Rows are numbered as they come: what numbers them is no part of what is saved. */
export function newRow(key = '', value = ''): Row {
  rows += 1
  return { rowId: `row-${rows}`, key, value }
}

export function valuesOf(config: Config): FormValues {
  const values = Object.fromEntries(FIELDS.map((field) => [field, config[field]]))
  return {
    // Safe: these are all the fields of a Config, by their names.
    ...(values as unknown as Config),
    headers: config.headers.map(({ key, value }) => newRow(key, value)),
    parameters: config.parameters.map(({ key, value }) => newRow(key, value)),
    rate_limit: config.rate_limit ?? '',
    max_age_seconds: config.max_age_seconds ?? '',
  }
}

const NAME_CHARACTERS = 120

/** What a copy of a webhook begins with. */
export function cloneOf(config: Config, name: (of: string) => string): Config {
  return { ...config, name: Array.from(name(config.name)).slice(0, NAME_CHARACTERS).join('') }
}

/** A row that nothing is written in is none. */
function isBlank({ key, value }: Row): boolean {
  return key.trim() === '' && value === ''
}

/** Rows as the API has them. */
function pairsOf(list: readonly Row[]) {
  return list.filter((row) => !isBlank(row)).map(({ key, value }) => ({ key: key.trim(), value }))
}

/** The form's row of a path's index, which counts no blank rows. */
export function rowIndexOf(list: readonly Row[], sent: number): number {
  const kept = [...list.keys()].filter((index) => list[index] !== undefined && !isBlank(list[index]))
  return kept[sent] ?? sent
}

function sentValueOf(values: FormValues, field: Field): unknown {
  if (field === 'name' || field === 'url') return values[field].trim()
  if (field === 'headers' || field === 'parameters') return pairsOf(values[field])
  if (field === 'rate_limit' || field === 'max_age_seconds')
    return values[field] === '' ? null : values[field]
  return values[field]
}

/** Filters of calls that the form does not show, because they do not apply, are those that let every call through. */
function isCleared(field: Field, shown: Shown): boolean {
  return (field === 'outbound_types' && !shown.outboundTypes) || (field === 'numbers' && !shown.numbers)
}

/**
 * The whole webhook, as for its creation.
 * @param base what is stored; null for a new one
 */
export function bodyOf(values: FormValues, base: Config | null, triggers: readonly Trigger[]): Body {
  const shown = shownFields(values, base, triggers)
  return Object.fromEntries(
    FIELDS.map((field) => [field, isCleared(field, shown) ? [] : sentValueOf(values, field)]),
  )
}

/** Of the whole, just what is not as it is stored: the body of a PATCH. */
export function patchOf(values: FormValues, base: Config, triggers: readonly Trigger[]): Body {
  const body = bodyOf(values, base, triggers)
  return Object.fromEntries(
    Object.entries(body).filter(([field, value]) => !isSame(value, inBase(base, field))),
  )
}

/** Of a PATCH, what somebody wrote: a filter that goes because it no longer applies is no wish of anybody. */
export function writtenOf(values: FormValues, base: Config, triggers: readonly Trigger[]): Body {
  const shown = shownFields(values, base, triggers)
  const patch = patchOf(values, base, triggers)
  return Object.fromEntries(
    FIELDS.filter((field) => field in patch && !isCleared(field, shown)).map((field) => [
      field,
      patch[field],
    ]),
  )
}

function inBase(base: Config, field: string): unknown {
  const known = FIELDS.find((each) => each === field)
  return known === undefined ? undefined : base[known]
}

/** Lists that are sets are the same in any order. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
}

function inOrder(value: unknown): unknown {
  const isSet = Array.isArray(value) && value.every((each) => typeof each === 'string')
  return isSet ? [...value].sort() : value
}
