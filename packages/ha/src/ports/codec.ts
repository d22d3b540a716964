/**
 * Values to bytes and back, as a port. Equal values should give equal bytes, because a changed encoding is what counts as a change: a codec that
 * breaks this costs traffic, never data.
 */
export interface Codec {
  /** Throws `UnserializableValueError` naming the path of what cannot be kept. */
  encode(value: unknown): Uint8Array
  /** A fresh value at each call. */
  decode(bytes: Uint8Array): unknown
}
