/** Everything of one codec that has golden bytes. `decode` throws a typed error for what it does not take. */
export interface GoldenKind<T = unknown> {
  /** Names its file in `v1/`. */
  readonly name: string
  /** What the codes of the errors may be that damaged bytes give. */
  readonly refusals: readonly string[]
  /** In the order of the file: name and what is encoded. */
  readonly samples: readonly (readonly [name: string, value: T])[]
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** The type of what is encoded is the kind's own matter. */
export function goldenKind<T>(kind: GoldenKind<T>): GoldenKind {
  return kind as unknown as GoldenKind
}
