import { MalformedError } from '@clowder/tribes'
import { TYPED_ARRAYS } from './typed-arrays.js'

/** By name, not by property: every object has a `toString`. */
const ERRORS = new Map<string, ErrorConstructor>(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error].map(type => [type.name, type]),
)

const ARRAY_BUFFER = 16
const DATA_VIEW = 17

/** Two's complement, big-endian. */
export function bigintOf(data: Buffer): bigint {
  if (data.length === 0) throw new MalformedError('a bigint of no bytes')
  return BigInt.asIntN(8 * data.length, BigInt(`0x${data.toString('hex')}`))
}

/** The three forms of MessagePack; every other length is no date, which is a Date too. */
export function dateOf(data: Buffer): Date {
  if (data.length === 4) return new Date(data.readUInt32BE(0) * 1000)
  if (data.length === 8) {
    const nanoseconds = data.readUInt32BE(0) >>> 2
    const seconds = (data[3]! & 3) * 2 ** 32 + data.readUInt32BE(4)
    return new Date(seconds * 1000 + nanoseconds / 1e6)
  }
  if (data.length === 12) return new Date(Number(data.readBigInt64BE(4)) * 1000 + data.readUInt32BE(0) / 1e6)
  return new Date(Number.NaN)
}

/** The first byte is its type. */
export function typedArrayOf(data: Buffer): ArrayBuffer | ArrayBufferView {
  const code = data[0]!
  const { buffer } = new Uint8Array(data.subarray(1))
  if (code === ARRAY_BUFFER) return buffer
  if (code === DATA_VIEW) return new DataView(buffer)
  const Type = TYPED_ARRAYS[code]
  if (!Type) throw new MalformedError(`an array of unknown type ${code}`)
  if (buffer.byteLength % Type.BYTES_PER_ELEMENT !== 0) throw new MalformedError(`part of a ${Type.name}`)
  return new Type(buffer)
}

/** What cannot be written is not read either: see `ValueInspection`. */
export function errorOf(name: unknown, message: unknown, cause: unknown): Error {
  if (typeof name !== 'string' || typeof message !== 'string')
    throw new MalformedError('an error without name or message')
  if (name === 'AggregateError' || name in Object.prototype) throw new MalformedError('not the name of an error')
  const Type = ERRORS.get(name)
  const error = withoutStack(() => new (Type ?? Error)(message, cause === undefined ? undefined : { cause }))
  if (!Type) error.name = name
  return error
}

/** Where it is read says nothing about it, and costs more than all the rest: a value may have a hundred thousand of them. */
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0)
  try {
    return make()
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

/** What is wrong with a pattern is not told: that would quote it. */
export function regExpOf(source: unknown, flags: unknown): RegExp {
  if (typeof source !== 'string' || typeof flags !== 'string') throw new MalformedError('a pattern is no text')
  try {
    return new RegExp(source, flags)
  } catch {
    throw new MalformedError('a pattern that is no regular expression')
  }
}
