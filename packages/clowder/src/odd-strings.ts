import { kindOf } from './value-kind.js'
import { setOwn } from './value-reader.js'

/*
 * Strings that msgpackr does not carry: one that is not well-formed Unicode (half of a surrogate pair, as `slice` leaves when it cuts an
 * emoji; UTF-8 has no bytes for it), the key `__keys__` (msgpackr's own name in the table of object shapes, which it would corrupt for every later
 * value) and the key `__proto__` (which is a plain key here, as JSON.parse makes it). A value with such a string is copied with all its strings escaped, and copied back after decoding. The price is paid by these values only.
 */

const SHAPE_KEY = '__keys__'
const PROTO_KEY = '__proto__'

export function isOddString(text: string): boolean {
  return text === SHAPE_KEY || text === PROTO_KEY || !(text as WellFormedString).isWellFormed()
}

/** A deep copy with every string escaped, so that none is odd. Shared and cyclic references stay what they are. */
export function withEscapedStrings(value: unknown): unknown {
  return new StringMapping(escaped).apply(value)
}

/** The inverse of `withEscapedStrings`. */
export function withUnescapedStrings(value: unknown): unknown {
  return new StringMapping(unescaped).apply(value)
}

/** Node has it since 20; the type library of es2023 does not. */
type WellFormedString = string & { isWellFormed(): boolean }

function escaped(text: string): string {
  if (text === SHAPE_KEY) return '\\k'
  if (text === PROTO_KEY) return '\\p'
  return text.replace(/\\|\p{Surrogate}/gu, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function unescaped(text: string): string {
  if (text === '\\k') return SHAPE_KEY
  if (text === '\\p') return PROTO_KEY
  return text.replace(/\\u([0-9a-f]{4})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)))
}

class StringMapping {
  readonly #map: (text: string) => string
  readonly #copies = new Map<object, object>()

  constructor(map: (text: string) => string) {
    this.#map = map
  }

  apply(value: unknown): unknown {
    if (typeof value === 'string') return this.#map(value)
    if (typeof value !== 'object' || value === null) return value
    return this.#copies.get(value) ?? this.#copy(value)
  }

  #copy(value: object): object {
    switch (kindOf(value)) {
      case 'object':
        return this.#copyObject(value as Record<string, unknown>)
      case 'array':
        return this.#fill([] as unknown[], value, (to, from) => this.#copyElements(to, from))
      case 'map':
        return this.#fill(new Map(), value, (to, from) => this.#copyEntries(to, from))
      case 'set':
        return this.#fill(new Set(), value, (to, from) => this.#copyMembers(to, from))
      case 'error':
        return this.#copyError(value as Error)
      default:
        return value
    }
  }

  /** The copy is known before it is filled, so that a cycle finds it. */
  #fill<T extends object>(copy: T, original: object, fill: (to: T, from: T) => void): T {
    this.#copies.set(original, copy)
    fill(copy, original as T)
    return copy
  }

  #copyObject(value: Record<string, unknown>): object {
    return this.#fill({} as Record<string, unknown>, value, (to, from) => {
      for (const key of Object.keys(from)) setOwn(to, this.#map(key), this.apply(from[key]))
    })
  }

  #copyElements(to: unknown[], from: readonly unknown[]): void {
    for (const element of from) to.push(this.apply(element))
  }

  #copyEntries(to: Map<unknown, unknown>, from: Map<unknown, unknown>): void {
    for (const [key, child] of from) to.set(this.apply(key), this.apply(child))
  }

  #copyMembers(to: Set<unknown>, from: Set<unknown>): void {
    for (const member of from) to.add(this.apply(member))
  }

  #copyError(error: Error): Error {
    return this.#fill(new Error(this.#map(error.message)), error, copy => {
      Object.setPrototypeOf(copy, Object.getPrototypeOf(error))
      if (Object.hasOwn(error, 'name')) Object.defineProperty(copy, 'name', { value: this.#map(error.name) })
      if (error.cause !== undefined) Object.defineProperty(copy, 'cause', { value: this.apply(error.cause) })
    })
  }
}
