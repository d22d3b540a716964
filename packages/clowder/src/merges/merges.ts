import type { MergeFunction } from '@clowder/ha'

type Fields = Readonly<Record<string, unknown>>

/**
 * Merge functions for `manager.merges` and `context.merges`. Each gives the same whatever comes first, whatever comes together, and however often. What has another form than it is made
 * for is decided by the larger text of it, so that all members agree on that as well.
 */
export const merges = {
  /** What a `Counter` keeps: how far each writer has counted. */
  counter: formed(isFields, (a, b) => joinFields(a, b, (x, y) => larger(x, y, numberOf))),
  /** A Set, or an array of distinct values: what is in either. What one removed while another still had it stays. */
  set: formed(isCollection, (a, b) => {
    const values = distinct([...a, ...b])
    return a instanceof Set || b instanceof Set ? new Set(values) : values
  }),
  /** An object by article, whose items have a `quantity`: the articles of both, and of one that both have, the item of the larger quantity. */
  cart: formed(isFields, (a, b) => joinFields(a, b, (x, y) => larger(x, y, item => numberOf(Object(item).quantity)))),
} as const satisfies Record<string, MergeFunction>

function formed<T>(isForm: (value: unknown) => value is T, merge: (a: T, b: T) => unknown): MergeFunction {
  return (a, b) => {
    if (isForm(a) && isForm(b)) return merge(a, b)
    return larger(a, b, value => (isForm(value) ? 1 : 0))
  }
}

function joinFields(a: Fields, b: Fields, join: (x: unknown, y: unknown) => unknown): Fields {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  const of = (name: string) =>
    !Object.hasOwn(a, name) ? b[name] : Object.hasOwn(b, name) ? join(a[name], b[name]) : a[name]
  return Object.fromEntries(names.map(name => [name, of(name)]))
}

/** By `measure`, and where that is the same, by text. */
function larger(a: unknown, b: unknown, measure: (value: unknown) => number): unknown {
  const difference = measure(a) - measure(b)
  if (difference !== 0) return difference > 0 ? a : b
  return textOf(a) >= textOf(b) ? a : b
}

function distinct(values: readonly unknown[]): unknown[] {
  const byText = new Map(values.map(value => [textOf(value), value]))
  return [...byText.keys()].sort().map(text => byText.get(text))
}

/** The same for what is the same, in whichever order it was written. */
function textOf(value: unknown): string {
  if (value instanceof Map) return `Map${textOf([...value])}`
  if (value instanceof Set) return `Set${textOf([...value].map(textOf).sort())}`
  if (value instanceof Date) return `Date ${value.getTime()}`
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof RegExp) return String(value)
  if (value instanceof Error) return `Error ${textOf([value.name, value.message, value.cause])}`
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${Buffer.from(value).toString('hex')}`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} ${hexOf(value)}`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${textOf(field)}`).join()}}`
}

function hexOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex')
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function isCollection(value: unknown): value is ReadonlySet<unknown> | readonly unknown[] {
  return value instanceof Set || Array.isArray(value)
}
