import { type Codec, UnserializableValueError } from '../../src/index.js'

/** Plain JSON and undefined; refuses functions by their path. */
export const jsonCodec: Codec = {
  encode(value) {
    refuseFunctions(value, '')
    return Buffer.from(value === undefined ? 'undefined' : JSON.stringify(value))
  },
  decode(bytes) {
    const text = Buffer.from(bytes).toString()
    return text === 'undefined' ? undefined : JSON.parse(text)
  },
}

function refuseFunctions(value: unknown, path: string): void {
  if (typeof value === 'function') throw new UnserializableValueError(path, 'a function')
  if (typeof value !== 'object' || value === null) return
  const isList = Array.isArray(value)
  for (const [key, inner] of Object.entries(value)) refuseFunctions(inner, path + (isList ? `[${key}]` : `.${key}`))
}
