import type { Logger } from '@clowder/tribes'
import type { Codec } from '../ports/codec.js'
import { type AttributeSchema, SchemaCodec } from './attribute-schema.js'

/** Attributes of which a later version is told, once each, and whose codecs are kept: names that are all over the place cost a codec each time. */
const MAX_KEPT = 1000

export interface SchemaCodecsComponents {
  readonly codec: Codec
  readonly logger: Logger
}

/** A codec for each attribute, in the version that the application knows. */
export class SchemaCodecs {
  readonly #components: SchemaCodecsComponents
  readonly #schemas: Readonly<Record<string, AttributeSchema>> | undefined
  readonly #kept = new Map<string, SchemaCodec>()
  readonly #said = new Set<string>()

  constructor(components: SchemaCodecsComponents, schemas: Readonly<Record<string, AttributeSchema>> | undefined) {
    this.#components = components
    this.#schemas = schemas
  }

  of(name: string): SchemaCodec {
    const kept = this.#kept.get(name)
    if (kept) return kept
    const schema = this.#schemas && Object.hasOwn(this.#schemas, name) ? this.#schemas[name] : undefined
    const codec = new SchemaCodec(this.#components.codec, name, schema, () => this.#tellOfLater(name))
    if (this.#kept.size < MAX_KEPT) this.#kept.set(name, codec)
    return codec
  }

  #tellOfLater(name: string): void {
    if (this.#said.has(name) || this.#said.size >= MAX_KEPT) return
    this.#said.add(name)
    this.#components.logger.warn(
      { attribute: name },
      'a later version of the application has written a session attribute that this one does not know; it is left as it is',
    )
  }
}
