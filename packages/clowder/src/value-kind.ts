import { TYPED_ARRAYS } from './typed-arrays.js'

/**
 * What the value codec distinguishes. `leaf`: has an inside that holds no other value (a Date, bytes). `foreign`: everything that would not come back
 * as it was.
 */
export type ValueKind = 'object' | 'array' | 'map' | 'set' | 'error' | 'bytes' | 'leaf' | 'foreign'

const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]

const KINDS = new Map<object | null, ValueKind>([
  [Object.prototype, 'object'],
  [null, 'object'],
  [Array.prototype, 'array'],
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  [Date.prototype, 'leaf'],
  [RegExp.prototype, 'leaf'],
  ...ERRORS.map(type => [type.prototype, 'error'] as const),
  ...[...TYPED_ARRAYS, Buffer, ArrayBuffer, DataView].map(type => [type.prototype, 'bytes'] as const),
])

/** By prototype, because a subclass would come back as its base. */
export function kindOf(value: object): ValueKind {
  const prototype: object | null = Object.getPrototypeOf(value)
  return KINDS.get(prototype) ?? (prototype && isRoot(prototype) ? 'object' : 'foreign')
}

/** What `node:querystring` and other realms (`node:vm`, test runners) give plain objects for a prototype: it inherits from nothing and adds nothing. */
function isRoot(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.keys(prototype).length === 0
}
