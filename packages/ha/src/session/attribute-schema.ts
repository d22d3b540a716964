import { NewerSchemaError, SchemaMigrationError } from '../errors.js'
import type { Codec } from '../ports/codec.js'

type Migration = (value: unknown) => unknown

/** What an application's version makes of an attribute. */
export interface AttributeSchema {
  /** From 1. What was written without a schema is version 1. */
  readonly version: number
  /** By version: makes the next version's value of one of this version. Every version below `version` has one. */
  readonly up?: Readonly<Record<number, Migration>> | undefined
  /** By version: makes the version before's value of one of this version, for applications that have not been replaced yet. */
  readonly down?: Readonly<Record<number, Migration>> | undefined
}

/** No attribute of an application begins with a field of this name. */
const VERSION = 'clowder.schemaVersion'
/** It stands first, so that the beginning of the bytes tells whether they have to be looked into. */
const HEAD_BYTES = 64

interface Versioned {
  readonly [VERSION]: number
  readonly value: unknown
  /** By version, for those who know no later one. */
  readonly older?: Readonly<Record<string, unknown>>
}

/** One attribute's values to bytes, with their version, and back, as the version that this application knows. */
export class SchemaCodec implements Codec {
  readonly #codec: Codec
  readonly #name: string
  readonly #schema: AttributeSchema
  readonly #isNewer: () => void

  /** `schema` is absent where the application knows of none. `isNewer` is told when a value is of a later version. */
  constructor(codec: Codec, name: string, schema: AttributeSchema | undefined, isNewer: () => void) {
    this.#codec = codec
    this.#name = name
    this.#schema = schema ?? { version: 1 }
    this.#isNewer = isNewer
  }

  /** Throws SchemaMigrationError. Version 1 is written as if there were no schema. */
  encode(value: unknown): Uint8Array {
    const { version } = this.#schema
    if (version === 1) return this.#codec.encode(value)
    const older = this.#older(value)
    return this.#codec.encode({ [VERSION]: version, value, ...(older && { older }) })
  }

  /** Undefined of a later version, unless its writer left this one beside. Throws SchemaMigrationError. */
  decode(bytes: Uint8Array): unknown {
    const raw = this.#codec.decode(bytes)
    if (!mayBeVersioned(bytes) || !isVersioned(raw)) return this.#up(raw, 1)
    if (raw[VERSION] <= this.#schema.version) return this.#up(raw.value, raw[VERSION])
    this.#isNewer()
    return raw.older?.[this.#schema.version]
  }

  /** Whether decoding gives another value than was encoded. */
  isForeign(bytes: Uint8Array): boolean {
    return this.#schema.version > 1 || mayBeVersioned(bytes)
  }

  /** Throws NewerSchemaError where `bytes` are of a later version: what is written in their place would drop what this application does not know. */
  assertReplaceable(bytes: Uint8Array | undefined): void {
    if (!bytes || !mayBeVersioned(bytes)) return
    const raw = this.#codec.decode(bytes)
    const { version } = this.#schema
    if (isVersioned(raw) && raw[VERSION] > version) throw new NewerSchemaError(this.#name, raw[VERSION], version)
  }

  #up(value: unknown, from: number): unknown {
    let current = value
    for (let version = from; version < this.#schema.version; version++)
      current = this.#migrated(this.#schema.up?.[version], current, version, version + 1)
    return current
  }

  #older(value: unknown): Record<number, unknown> | undefined {
    const { version, down } = this.#schema
    if (!down?.[version]) return undefined
    const older: Record<number, unknown> = {}
    // A migration may change what it is given.
    let current = this.#codec.decode(this.#codec.encode(value))
    for (let from = version; down[from]; from--) {
      current = this.#migrated(down[from], current, from, from - 1)
      older[from - 1] = this.#codec.decode(this.#codec.encode(current))
    }
    return older
  }

  #migrated(migration: Migration | undefined, value: unknown, from: number, to: number): unknown {
    if (!migration) throw new SchemaMigrationError(this.#name, from, to, 'there is no migration')
    try {
      return migration(value)
    } catch (cause) {
      throw new SchemaMigrationError(this.#name, from, to, `the migration threw ${String(cause)}`, { cause })
    }
  }
}

/** Most values are texts or numbers, whose first byte says so. */
function mayBeVersioned(bytes: Uint8Array): boolean {
  if (bytes.length < VERSION.length || isText(bytes[0]!)) return false
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES)).includes(VERSION)
}

function isVersioned(raw: unknown): raw is Versioned {
  return typeof raw === 'object' && raw !== null && typeof Reflect.get(raw, VERSION) === 'number'
}

/** MessagePack's fixstr, str 8, str 16 and str 32. */
function isText(first: number): boolean {
  return (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb)
}
