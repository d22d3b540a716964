import { deserialize, serialize } from 'node:v8'
import { UnserializableValueError } from '@clowder/ha'

const MAX_DEPTH = 100

/**
 * Whatever an application may put into a session: structured clones, with an end to depth. The cluster's own codec (packages/clowder, value-codec.ts) is no part of
 * a simulation; what is looked at here is what becomes of such values between encoding and decoding, and of refusals.
 */
export const structuredCodec = {
  encode(value: unknown): Uint8Array {
    refuse(value, '', 0, new Set())
    return serialize(value)
  },
  decode(bytes: Uint8Array): unknown {
    // What comes out may be a view of what goes in.
    return deserialize(Uint8Array.from(bytes))
  },
}

/** Throws UnserializableValueError for the first function or symbol, and for what lies too deep. */
function refuse(value: unknown, path: string, depth: number, seen: Set<unknown>): void {
  if (typeof value === 'function') throw new UnserializableValueError(path, 'a function')
  if (typeof value === 'symbol') throw new UnserializableValueError(path, 'a symbol')
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  if (depth > MAX_DEPTH) throw new UnserializableValueError(path, `nested deeper than ${MAX_DEPTH} levels`)
  seen.add(value)
  if (ArrayBuffer.isView(value)) return
  const stepOf = (key: string) => (Array.isArray(value) ? `[${key}]` : `.${key}`)
  for (const [key, child] of Object.entries(value)) refuse(child, path + stepOf(key), depth + 1, seen)
}
