import type { Codec } from '../ports/codec.js'
import type { Entry } from '../state/entry.js'

/** One attribute as a request sees it: decoded from `base` when first read, or written by the request. */
export interface WorkingAttribute {
  /** The entry it was read from, or that it replaces; absent when there was none. */
  base: Entry | undefined
  value: unknown
  written: boolean
}

export type AttributeChange = { readonly kind: 'same' } | { readonly kind: 'changed'; readonly bytes: Uint8Array }

const same: AttributeChange = { kind: 'same' }

/** Whether the value is no longer what `base` says: found by comparing encodings, so that nested changes count. Throws what the codec throws. */
export function changeOf(attribute: WorkingAttribute, codec: Codec): AttributeChange {
  if (!attribute.written && !isMutable(attribute.value)) return same
  const bytes = codec.encode(attribute.value)
  const before = attribute.base?.value
  return before !== undefined && sameBytes(before, bytes) ? same : { kind: 'changed', bytes }
}

/** A value that was only read can have changed inside only if it has an inside. */
function isMutable(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
