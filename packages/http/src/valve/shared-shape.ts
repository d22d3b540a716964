import type { IncomingMessage, ServerResponse } from 'node:http'

/** From this one on V8 shares the shapes that follow a change of prototype. */
const MENDED_IN_NODE = 24
const isNeeded = Number.parseInt(process.versions.node, 10) < MENDED_IN_NODE

/**
 * Express gives each request and response another prototype. Up to Node 22 every property that is added to such an object makes a shape (hidden class) of its own, so that no inline cache
 * ever knows the next request: about a hundred slow lookups for each, Node's own and express' own included. As dictionaries they all share one shape, and taking a property
 * away makes a dictionary of an object; it is put back at once.
 */
export function shareShape(req: IncomingMessage, res: ServerResponse): void {
  if (!isNeeded || !hasOtherPrototype(req)) return
  putBack(req, 'complete')
  putBack(res, 'finished')
}

/** Than the one that it was made with. */
function hasOtherPrototype(req: IncomingMessage): boolean {
  // Asked of the prototype: of the request itself it would be one of those lookups.
  const prototype = Object.getPrototypeOf(req) as Partial<IncomingMessage> | null
  return prototype !== null && prototype !== prototype.constructor?.prototype
}

/** Whatever stands in for Node's own objects may have no such property, may not let go of it, or has made something else of it. */
function putBack<Name extends string>(object: { [name in Name]?: unknown }, name: Name): void {
  const property = Object.getOwnPropertyDescriptor(object, name)
  if (!property?.configurable || !property.writable || !property.enumerable) return
  delete object[name]
  object[name] = property.value
}
