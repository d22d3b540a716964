/** Names that are all over the place cost a pair of functions each time; the usual few dozen are shared by all sessions. */
const MAX_SHARED = 1_000

export const readAttribute = Symbol('clowder.readAttribute')
export const writeAttribute = Symbol('clowder.writeAttribute')

export interface AttributeOwner {
  [readAttribute](name: string): unknown
  [writeAttribute](name: string, value: unknown): void
}

/** Property descriptors that make an attribute look like a plain property. Shared, so that exposing ten attributes makes no function. */
export class AttributeAccessors {
  readonly #shared = new Map<string, PropertyDescriptor>()

  of(name: string): PropertyDescriptor {
    const known = this.#shared.get(name)
    if (known) return known
    const descriptor = accessorFor(name)
    if (this.#shared.size < MAX_SHARED) this.#shared.set(name, descriptor)
    return descriptor
  }
}

function accessorFor(name: string): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: AttributeOwner) {
      return this[readAttribute](name)
    },
    set(this: AttributeOwner, value: unknown) {
      this[writeAttribute](name, value)
    },
  }
}
