import { ReservedAttributeError } from '../errors.js'

/**
 * Turns every member of `prototype` into an accessor whose assignment throws ReservedAttributeError. Without it `req.session.save = 1` would hide
 * `save` for the rest of the request, and a script in sloppy mode would lose `req.session.id = 1` without a word.
 */
export function reserveMembers(prototype: object): ReadonlySet<string> {
  const names = new Set(Object.getOwnPropertyNames(prototype))
  names.delete('constructor')
  names.add('__proto__')
  for (const name of names) Object.defineProperty(prototype, name, reserved(name, readerOf(prototype, name)))
  return names
}

function reserved(name: string, get: () => unknown): PropertyDescriptor {
  const set = () => {
    throw new ReservedAttributeError(name)
  }
  return { configurable: false, enumerable: false, get, set }
}

function readerOf(prototype: object, name: string): () => unknown {
  const member = Object.getOwnPropertyDescriptor(prototype, name)
  if (!member) return () => prototype
  return member.get ?? (() => member.value)
}
