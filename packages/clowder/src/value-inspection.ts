import { isOddString } from './odd-strings.js'
import { kindOf } from './value-kind.js'
import { MAX_DEPTH, MAX_OBJECTS } from './value-limits.js'

/** Where the trouble is, seen from the value inspected ('' is the value itself), and what is there. */
export interface Fault {
  readonly path: string
  readonly found: string
}

const ERROR_PROPERTIES = new Set(['name', 'message', 'cause'])

/**
 * Walks one value before it is encoded, each object once, and finds the first thing that would not come back as it was. Costs a few hundred
 * nanoseconds per object and allocates no path unless there is a fault: paths grow while the walk returns.
 */
export class ValueInspection {
  readonly #seen = new Set<object>()
  readonly #openErrors = new Set<object>()
  #hasOddStrings = false

  /** True when a string or key was seen that msgpackr cannot carry as it is. Complete after a walk without a fault. */
  get hasOddStrings(): boolean {
    return this.#hasOddStrings
  }

  visit(value: unknown, depth = 0): Fault | undefined {
    switch (typeof value) {
      case 'string':
        this.#noteString(value)
        return undefined
      case 'object':
        return value === null ? undefined : this.#visitObject(value, depth)
      case 'function':
        return fault('a function')
      case 'symbol':
        return fault('a symbol')
      default:
        return undefined
    }
  }

  #noteString(text: string): void {
    this.#hasOddStrings ||= isOddString(text)
  }

  #visitObject(value: object, depth: number): Fault | undefined {
    if (this.#seen.has(value)) return this.#openErrors.has(value) ? fault('an error that contains itself') : undefined
    if (depth > MAX_DEPTH) return fault(`nested deeper than ${MAX_DEPTH} levels`)
    this.#seen.add(value)
    if (this.#seen.size > MAX_OBJECTS) return fault(`more than ${MAX_OBJECTS} objects`)
    try {
      return this.#visitKind(value, depth)
    } catch (thrown) {
      return fault(`an object that throws when it is read (${textOfThrown(thrown)})`)
    }
  }

  #visitKind(value: object, depth: number): Fault | undefined {
    const kind = kindOf(value)
    if (kind === 'foreign') return fault(`an instance of ${className(value)}`)
    if (kind === 'bytes') return undefined
    if (Object.getOwnPropertySymbols(value).length > 0) return fault('an object with a symbol for a key')
    if (kind === 'object') return this.#visitProperties(value as Record<string, unknown>, depth)
    if (kind === 'array') return this.#visitElements(value as unknown[], depth)
    if (Object.keys(value).some(key => kind !== 'error' || !ERROR_PROPERTIES.has(key)))
      return fault(`${aOrAn(className(value))} with properties of its own`)
    if (kind === 'map') return this.#visitEntries(value as Map<unknown, unknown>, depth)
    if (kind === 'set') return this.#visitMembers(value as Set<unknown>, depth)
    return kind === 'error' ? this.#visitError(value as Error, depth) : this.#visitLeaf(value)
  }

  #visitProperties(value: Record<string, unknown>, depth: number): Fault | undefined {
    for (const key of Object.keys(value)) {
      const found = this.#visitProperty(value, key, depth)
      if (found) return under(keyText(key), found)
      this.#noteString(key)
    }
    return undefined
  }

  #visitProperty(owner: Record<string, unknown>, key: string, depth: number): Fault | undefined {
    let child: unknown
    try {
      child = owner[key]
    } catch (thrown) {
      return fault(`a getter that throws (${textOfThrown(thrown)})`)
    }
    return this.visit(child, depth + 1)
  }

  #visitElements(value: readonly unknown[], depth: number): Fault | undefined {
    const keyCount = Object.keys(value).length
    if (keyCount < value.length) return fault('an array with holes')
    if (keyCount > value.length) return fault('an array with properties besides its elements')
    for (let i = 0; i < value.length; i++) {
      const element = value[i]
      // As many holes as properties are no more keys than elements.
      if (element === undefined && !Object.hasOwn(value, i)) return fault('an array with holes')
      const found = this.visit(element, depth + 1)
      if (found) return under(`[${i}]`, found)
    }
    return undefined
  }

  #visitEntries(value: Map<unknown, unknown>, depth: number): Fault | undefined {
    let i = 0
    for (const [key, child] of value) {
      const inKey = this.visit(key, depth + 1)
      if (inKey) return under(`<key of entry ${i}>`, inKey)
      const found = this.visit(child, depth + 1)
      if (found) return under(`<entry ${i}>`, found)
      i++
    }
    return undefined
  }

  #visitMembers(value: Set<unknown>, depth: number): Fault | undefined {
    let i = 0
    for (const child of value) {
      const found = this.visit(child, depth + 1)
      if (found) return under(`<member ${i}>`, found)
      i++
    }
    return undefined
  }

  /** An error comes back by its name; msgpackr looks that up in a plain object, so names that every object has must not reach it. */
  #visitError(error: Error, depth: number): Fault | undefined {
    const { name, message, cause } = error
    if (typeof name !== 'string' || name in Object.prototype) return under('.name', fault('not the name of an error'))
    if (name === 'AggregateError') return fault('an AggregateError')
    if (typeof message !== 'string') return under('.message', fault('not a string'))
    this.#noteString(name)
    this.#noteString(message)
    this.#openErrors.add(error)
    const found = this.visit(cause, depth + 1)
    this.#openErrors.delete(error)
    return found && under('.cause', found)
  }

  #visitLeaf(value: object): Fault | undefined {
    if (value instanceof Date) value.getTime()
    else if (isOddString((value as RegExp).source)) return fault('a pattern that is not well-formed Unicode')
    return undefined
  }
}

function fault(found: string): Fault {
  return { path: '', found }
}

function under(step: string, { path, found }: Fault): Fault {
  return { path: step + path, found }
}

/** `.name`, or `["odd name"]`. */
function keyText(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${shortened(key)}` : `[${JSON.stringify(shortened(key))}]`
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function className(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? shortened(name) : 'a class without a name'
}

function aOrAn(noun: string): string {
  return `${/^[AEIOU]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** Not its message, which may quote a value. */
function textOfThrown(thrown: unknown): string {
  return thrown instanceof Error ? className(thrown) : typeof thrown
}
