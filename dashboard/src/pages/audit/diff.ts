/** What differs between two states of something, as the audit log has them: pure. */

export interface Difference {
  /** Where, as `headers[X-Key].value`. Empty: all of it. */
  readonly path: string
  /**
   * `unseen`: both sides are masked, so whether they differ is not to be seen. `reordered`: the same members in another
   * order.
   */
  readonly kind: 'added' | 'removed' | 'changed' | 'unseen' | 'reordered'
  readonly before?: unknown
  readonly after?: unknown
}

const MASK = '••••'
/** By which a member of a list is known, if each has one and no two the same. */
const NAMES = ['id', 'key', 'number', 'webhook_id'] as const
/** Up to so many pairs of members are compared with each other: what is longer is told as a whole. */
const MOST_PAIRS = 250_000

/**
 * The differences in the order of the fields, those of `before` first. Null is a state that is not there: then all
 * fields of the other are added or removed, each by itself.
 */
export function differences(before: unknown, after: unknown): Difference[] {
  return between('', before ?? {}, after ?? {})
}

function between(path: string, before: unknown, after: unknown): Difference[] {
  if (isRecord(before) && isRecord(after)) return betweenRecords(path, before, after)
  if (Array.isArray(before) && Array.isArray(after)) return betweenLists(path, before, after)
  if (!isSame(before, after)) return [{ path, kind: 'changed', before, after }]
  return before === MASK ? [{ path, kind: 'unseen' }] : []
}

function betweenRecords(
  path: string,
  before: Record<string, unknown>,
  after: Record<string, unknown>,
): Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => {
    const at = path === '' ? name : `${path}.${name}`
    if (!Object.hasOwn(before, name)) return whole(at, 'added', after[name])
    if (!Object.hasOwn(after, name)) return whole(at, 'removed', before[name])
    return between(at, before[name], after[name])
  })
}

/** A list that comes or goes is told member by member, as one that grows or shrinks. */
function whole(path: string, kind: 'added' | 'removed', value: unknown): Difference[] {
  const side = kind === 'added' ? 'after' : 'before'
  if (!Array.isArray(value) || value.length === 0) return [{ path, kind, [side]: value }]
  return kind === 'added' ? betweenLists(path, [], value) : betweenLists(path, value, [])
}

function betweenLists(path: string, before: readonly unknown[], after: readonly unknown[]): Difference[] {
  const name = NAMES.find((each) => isNamedBy(each, before) && isNamedBy(each, after))
  return name === undefined ? betweenRows(path, before, after) : betweenNamed(path, name, before, after)
}

/** Members are found again by their name, wherever they stand. */
function betweenNamed(
  path: string,
  name: string,
  before: readonly unknown[],
  after: readonly unknown[],
): Difference[] {
  const [was, is] = [byName(name, before), byName(name, after)]
  const found = [...was].flatMap(([key, member]): Difference[] =>
    is.has(key)
      ? between(`${path}[${key}]`, member, is.get(key))
      : [{ path: `${path}[${key}]`, kind: 'removed', before: without(name, member) }],
  )
  const added = [...is]
    .filter(([key]) => !was.has(key))
    .map(([key, member]): Difference => ({
      path: `${path}[${key}]`,
      kind: 'added',
      after: without(name, member),
    }))
  const [order, newOrder] = [
    [...was.keys()].filter((key) => is.has(key)),
    [...is.keys()].filter((key) => was.has(key)),
  ]
  return isSame(order, newOrder)
    ? [...found, ...added]
    : [...found, ...added, { path, kind: 'reordered', before: order, after: newOrder }]
}

/** Members have no name: the longest run that both have in common stays, the rest goes or comes. */
function betweenRows(path: string, before: readonly unknown[], after: readonly unknown[]): Difference[] {
  if (before.length * after.length > MOST_PAIRS)
    return isSame(before, after) ? [] : [{ path, kind: 'changed', before, after }]
  const { removed, added } = uncommon(before, after)
  // The same members are on both sides of it: they stand in another order, and nothing else.
  if (removed.length > 0 && isSame(sorted(removed), sorted(added)))
    return [{ path, kind: 'reordered', before, after }]
  return [
    ...removed.map((member): Difference => ({ path, kind: 'removed', before: member })),
    ...added.map((member): Difference => ({ path, kind: 'added', after: member })),
  ]
}

/** What is left of two lists besides their longest common subsequence. */
function uncommon(before: readonly unknown[], after: readonly unknown[]) {
  const [was, is] = [before.map(textOf), after.map(textOf)]
  const width = is.length + 1
  // At row i and column j: how many the rests from there on have in common.
  const common = new Uint16Array((was.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = was.length - 1; i >= 0; i--) {
    for (let j = is.length - 1; j >= 0; j--) {
      common[i * width + j] = was[i] === is[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const removed: unknown[] = []
  const added: unknown[] = []
  let [i, j] = [0, 0]
  while (i < was.length || j < is.length) {
    if (i < was.length && j < is.length && was[i] === is[j]) {
      i++
      j++
    } else if (j >= is.length || (i < was.length && at(i + 1, j) >= at(i, j + 1))) {
      removed.push(before[i++])
    } else {
      added.push(after[j++])
    }
  }
  return { removed, added }
}

function isNamedBy(name: string, list: readonly unknown[]): boolean {
  const names = list.map((member) => (isRecord(member) ? member[name] : undefined))
  return names.every((each) => typeof each === 'string') && new Set(names).size === names.length
}

function byName(name: string, list: readonly unknown[]): Map<string, unknown> {
  return new Map(list.map((member) => [isRecord(member) ? String(member[name]) : '', member]))
}

/** The member without its name, which the path says; if one field is left, its value alone. */
function without(name: string, member: unknown): unknown {
  if (!isRecord(member)) return member
  const { [name]: _name, ...rest } = member
  const values = Object.values(rest)
  return values.length === 1 ? values[0] : rest
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other)
}

/** Two values are the same if this is: whatever the order of their fields. */
function textOf(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      isRecord(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
    ) ?? 'undefined'
  )
}

function sorted(list: readonly unknown[]): string[] {
  return list.map(textOf).sort()
}
