/**
 * A value as JSON that says everything about it: types that JSON does not have are objects with one key that begins with `$`, and an object that comes again is the number
 * under which it came first. Two values are equal when their portraits are.
 */
export function portrait(value: unknown): unknown {
  return new Portrait().of(value)
}

/** As text, to compare. */
export function portraitText(value: unknown): string {
  return JSON.stringify(portrait(value))
}

class Portrait {
  readonly #seen = new Map<object, number>()

  of(value: unknown): unknown {
    switch (typeof value) {
      case 'undefined':
        return { $undefined: true }
      case 'bigint':
        return { $bigint: String(value) }
      case 'number':
        return Number.isFinite(value) ? value : { $number: String(value) }
      case 'object':
        return value === null ? null : this.#object(value)
      default:
        return value
    }
  }

  #object(value: object): unknown {
    const before = this.#seen.get(value)
    if (before !== undefined) return { $again: before }
    this.#seen.set(value, this.#seen.size)
    if (Array.isArray(value)) return value.map(item => this.of(item))
    if (value instanceof Map) return { $map: [...value].map(([key, item]) => [this.of(key), this.of(item)]) }
    if (value instanceof Set) return { $set: [...value].map(item => this.of(item)) }
    if (value instanceof Date) return { $date: value.getTime() }
    if (value instanceof RegExp) return { $regexp: String(value) }
    if (value instanceof Error) return { $error: [value.name, value.message, this.of(value.cause)] }
    if (value instanceof ArrayBuffer) return { $arrayBuffer: Buffer.from(value).toString('hex') }
    if (ArrayBuffer.isView(value)) return bytesOf(value)
    return this.#properties(value)
  }

  /** Without a prototype, so that a key called `__proto__` is a key. */
  #properties(value: object): unknown {
    const plain = Object.create(null) as Record<string, unknown>
    for (const name of namesOf(value)) plain[name] = this.of((value as Record<string, unknown>)[name])
    return plain
  }
}

/** What an entry says beside what was written is not enumerable: see `Entry.context`. */
function namesOf(value: object): readonly string[] {
  return [
    ...Object.keys(value),
    ...(Object.hasOwn(value, 'context') && !Object.keys(value).includes('context') ? ['context'] : []),
  ]
}

/** Plain bytes are bytes, whether a Buffer or not: only of other arrays it matters which. */
function bytesOf(view: ArrayBufferView): object {
  const hex = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex')
  const type = view.constructor.name
  return type === 'Buffer' || type === 'Uint8Array' ? { $bytes: hex } : { [`$${type}`]: hex }
}
