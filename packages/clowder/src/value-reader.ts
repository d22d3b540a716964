import { MalformedError } from '@clowder/tribes'
import { bigintOf, dateOf, errorOf, regExpOf, typedArrayOf } from './value-extensions.js'
import { MAX_DEPTH, MAX_OBJECTS } from './value-limits.js'

const UNDEFINED = 0x00
const BIGINT = 0x42
const ERROR = 0x65
const IDENTIFIED = 0x69
const POINTER = 0x70
const SHAPE = 0x72
const SET = 0x73
const TYPED_ARRAY = 0x74
const REGEXP = 0x78
const DATE = 0xff
const SHAPES = 0x40
const PROTO = '__proto__'
/** Shorter ones are put together here, which is cheaper than to ask for them. */
const SHORT_TEXT_BYTES = 24
/** An object may be opened twice, by its number and by its mark; and so may its list of names. */
const MAX_OPENED = 2 * (MAX_DEPTH + 2)

/**
 * Reads one value as msgpackr writes it with `structuredClone: true`, and nothing else. It comes from others, so: no code is made of it, no key reaches a prototype, a
 * length is checked against what is there before anything is made for it, and depth and number of objects have a limit (`value-limits.ts`). Throws MalformedError, and
 * whatever the constructors of RegExp and typed arrays throw.
 *
 * Objects are written by their shape: the names once, under a number, then the values alone. What comes more than once has a number before it where it comes first.
 */
export class ValueReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number
  #objects = 0
  /** Marks and numbers whose values are being read: where a name or a text is due, their depth is that of what they stand in. */
  #opened = 0
  #shapes: (readonly string[] | undefined)[] | undefined
  #identified: Map<number, object> | undefined

  constructor(bytes: Buffer, start = 0) {
    this.#bytes = bytes
    this.#at = start
    this.#end = bytes.length
  }

  /** The value that all the bytes are. */
  whole(): unknown {
    const value = this.#value(0, 0)
    if (this.#at !== this.#end) throw new MalformedError(`${this.#end - this.#at} bytes follow a value`)
    return value
  }

  /** `id`: under which number it may come again, or 0. */
  #value(depth: number, id: number): unknown {
    const token = this.#u8()
    if (token < 0x40) return token
    if (token < 0x80) return this.#object(this.#shapeOf(token), depth, id)
    if (token < 0x90) return this.#map(token & 0x0f, depth, id)
    if (token < 0xa0) return this.#array(token & 0x0f, depth, id)
    if (token < 0xc0) return this.#text(token & 0x1f)
    if (token >= 0xe0) return token - 0x100
    return this.#long(token, depth, id)
  }

  #long(token: number, depth: number, id: number): unknown {
    switch (token) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc4:
        return this.#binary(this.#u8(), depth, id)
      case 0xc5:
        return this.#binary(this.#u16(), depth, id)
      case 0xc6:
        return this.#binary(this.#u32(), depth, id)
      case 0xc7:
        return this.#extension(this.#u8(), depth, id)
      case 0xc8:
        return this.#extension(this.#u16(), depth, id)
      case 0xc9:
        return this.#extension(this.#u32(), depth, id)
      case 0xd4:
        return this.#mark(depth, id)
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (token - 0xd4), depth, id)
      case 0xd9:
        return this.#text(this.#u8())
      case 0xda:
        return this.#text(this.#u16())
      case 0xdb:
        return this.#text(this.#u32())
      case 0xdc:
        return this.#array(this.#u16(), depth, id)
      case 0xdd:
        return this.#array(this.#u32(), depth, id)
      case 0xde:
        return this.#map(this.#u16(), depth, id)
      case 0xdf:
        return this.#map(this.#u32(), depth, id)
      default:
        return this.#number(token)
    }
  }

  #number(token: number): number | bigint {
    switch (token) {
      case 0xca:
        return this.#bytes.readFloatBE(this.#advance(4))
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#advance(8))
      case 0xcc:
        return this.#u8()
      case 0xcd:
        return this.#u16()
      case 0xce:
        return this.#u32()
      case 0xcf:
        return this.#bytes.readBigUInt64BE(this.#advance(8))
      case 0xd0:
        return this.#bytes.readInt8(this.#advance(1))
      case 0xd1:
        return this.#bytes.readInt16BE(this.#advance(2))
      case 0xd2:
        return this.#bytes.readInt32BE(this.#advance(4))
      case 0xd3:
        return this.#bytes.readBigInt64BE(this.#advance(8))
      default:
        throw new MalformedError(`no value begins with ${token}`)
    }
  }

  /** An extension of one byte says mostly what the next value is. */
  #mark(depth: number, id: number): unknown {
    this.#open()
    const value = this.#marked(this.#u8(), this.#u8(), depth, id)
    this.#opened--
    return value
  }

  #marked(type: number, code: number, depth: number, id: number): unknown {
    switch (type) {
      case UNDEFINED:
        return undefined
      case SHAPE:
        return this.#object(this.#newShape(code, depth), depth, id)
      case SET:
        return this.#set(depth, id)
      case ERROR:
        this.#expect(0x93, 'an error')
        return this.#keep(errorOf(this.#value(depth, 0), this.#value(depth, 0), this.#value(depth + 1, 0)), depth, id)
      case REGEXP:
        this.#expect(0x92, 'a pattern')
        return this.#keep(regExpOf(this.#value(depth, 0), this.#value(depth, 0)), depth, id)
      default:
        this.#at -= 2
        return this.#extension(1, depth, id)
    }
  }

  #extension(length: number, depth: number, id: number): unknown {
    const type = this.#u8()
    const data = this.#raw(length)
    switch (type) {
      case BIGINT:
        return bigintOf(data)
      case DATE:
        return this.#keep(dateOf(data), depth, id)
      case TYPED_ARRAY:
        return this.#keep(typedArrayOf(data), depth, id)
      case IDENTIFIED:
        return this.#withId(numberOf(data), depth)
      case POINTER:
        return this.#known(numberOf(data))
      default:
        throw new MalformedError(`a value of unknown type ${type}`)
    }
  }

  #withId(id: number, depth: number): unknown {
    if (id === 0 || this.#identified?.has(id)) throw new MalformedError(`two objects have number ${id}`)
    this.#open()
    const value = this.#value(depth, id)
    this.#opened--
    if (this.#identified?.get(id) !== value) throw new MalformedError(`number ${id} is not an object`)
    return value
  }

  #known(id: number): object {
    const object = this.#identified?.get(id)
    if (!object) throw new MalformedError(`no object has number ${id}`)
    return object
  }

  #open(): void {
    if (++this.#opened > MAX_OPENED) throw new MalformedError('a value is nested too deep in its names and texts')
  }

  /** Counts an object, and remembers it if it may come again: before it is filled, so that it can contain itself. */
  #keep<T extends object>(object: T, depth: number, id: number): T {
    if (depth > MAX_DEPTH) throw new MalformedError(`a value is nested deeper than ${MAX_DEPTH} levels`)
    if (++this.#objects > MAX_OBJECTS) throw new MalformedError(`a value has more than ${MAX_OBJECTS} objects`)
    if (id !== 0) (this.#identified ??= new Map()).set(id, object)
    return object
  }

  #object(names: readonly string[], depth: number, id: number): object {
    this.#checkCount(names.length)
    const object: Record<string, unknown> = this.#keep({}, depth, id)
    for (const name of names) {
      if (name === PROTO) setOwn(object, name, this.#value(depth + 1, 0))
      else object[name] = this.#value(depth + 1, 0)
    }
    return object
  }

  #array(count: number, depth: number, id: number): unknown[] {
    this.#checkCount(count)
    const array: unknown[] = this.#keep([], depth, id)
    for (let i = 0; i < count; i++) array.push(this.#value(depth + 1, 0))
    return array
  }

  #map(count: number, depth: number, id: number): Map<unknown, unknown> {
    this.#checkCount(2 * count)
    const map = this.#keep(new Map<unknown, unknown>(), depth, id)
    for (let i = 0; i < count; i++) map.set(this.#value(depth + 1, 0), this.#value(depth + 1, 0))
    return map
  }

  #set(depth: number, id: number): Set<unknown> {
    const count = this.#arrayCount()
    const set = this.#keep(new Set<unknown>(), depth, id)
    for (let i = 0; i < count; i++) set.add(this.#value(depth + 1, 0))
    return set
  }

  #shapeOf(token: number): readonly string[] {
    const names = this.#shapes?.[token - SHAPES]
    if (!names) throw new MalformedError(`an object of unknown shape ${token}`)
    return names
  }

  /** The names are an array, which msgpackr may number like any other; whoever wrote the value did not count it. */
  #newShape(code: number, depth: number): readonly string[] {
    if (code < SHAPES || code >= 2 * SHAPES) throw new MalformedError(`a shape cannot have number ${code}`)
    const objects = this.#objects
    const names = this.#value(depth, 0)
    this.#objects = objects
    if (!Array.isArray(names) || !names.every(isText)) throw new MalformedError('a shape is a list of names')
    this.#shapes ??= []
    this.#shapes[code - SHAPES] = names
    return names
  }

  #arrayCount(): number {
    const token = this.#u8()
    const count = token === 0xdc ? this.#u16() : token === 0xdd ? this.#u32() : token - 0x90
    if (token < 0x90 || (token > 0x9f && token !== 0xdc && token !== 0xdd)) throw new MalformedError('a set is a list')
    this.#checkCount(count)
    return count
  }

  #expect(token: number, what: string): void {
    if (this.#u8() !== token) throw new MalformedError(`${what} has other parts`)
  }

  #binary(length: number, depth: number, id: number): Buffer {
    return this.#keep(Buffer.from(this.#raw(length)), depth, id)
  }

  #text(length: number): string {
    const start = this.#advance(length)
    const end = this.#at
    if (length > SHORT_TEXT_BYTES) return this.#bytes.toString('utf8', start, end)
    const codes: number[] = []
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i]!
      if (byte >= 0x80) return this.#bytes.toString('utf8', start, end)
      codes.push(byte)
    }
    return String.fromCharCode.apply(undefined, codes)
  }

  /** A view. */
  #raw(length: number): Buffer {
    const start = this.#advance(length)
    return this.#bytes.subarray(start, start + length)
  }

  #u8(): number {
    return this.#bytes[this.#advance(1)]!
  }

  #u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2))
  }

  #u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4))
  }

  /** Each of them is one byte at least. */
  #checkCount(count: number): void {
    if (count > this.#end - this.#at) throw new MalformedError(`${count} values do not fit`)
  }

  #advance(count: number): number {
    const at = this.#at
    if (count > this.#end - at) throw new MalformedError(`${count} bytes of a value wanted, ${this.#end - at} left`)
    this.#at = at + count
    return at
  }
}

function isText(name: unknown): name is string {
  return typeof name === 'string'
}

function numberOf(data: Buffer): number {
  if (data.length !== 4) throw new MalformedError(`a number of ${data.length} bytes`)
  return data.readUInt32BE(0)
}

/** A plain property, also under the name of an accessor that every object has. */
export function setOwn(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
}
