import type { Codec } from '../ports/codec.js'
import type { Entry } from '../state/entry.js'

/** One attribute as a request sees it: decoded from `base` when first read, or written by the request. */
export interface WorkingAttribute {
  /** The entry it was read from, or that it replaces; absent when there was none. */
  base: Entry | undefined
  /** Of a merged name: all entries that `value` includes. */
  takenIn: readonly Entry[] | undefined
  /** Of a merged name: `value` encoded, as it was found. */
  before: Uint8Array | undefined
  value: unknown
  written: boolean
  /** What the last comparison found to be new: goes into the commit, if there is one. */
  change: Uint8Array | undefined
}

/** All have the same fields from the beginning: attributes of several shapes cost each request several times what they hold. */
export function workingAttribute(
  value: unknown,
  { base, takenIn, before, written = false }: Partial<WorkingAttribute>,
): WorkingAttribute {
  return { base, takenIn, before, value, written, change: undefined }
}

/**
 * The value encoded, if it is no longer what `base` says: found by comparing encodings, so that nested changes count. Throws what the codec throws.
 */
export function changeOf(attribute: WorkingAttribute, codec: Codec): Uint8Array | undefined {
  if (!attribute.written && !isMutable(attribute.value)) return undefined
  const bytes = codec.encode(attribute.value)
  const before = attribute.before ?? attribute.base?.value
  return before !== undefined && sameBytes(before, bytes) ? undefined : bytes
}

/** A value that was only read can have changed inside only if it has an inside. */
function isMutable(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** What an attribute is compared with after a commit, `current` being the entry that the copy has now. */
export function baseAfterCommit({ base, change }: WorkingAttribute, current: Entry | undefined): Entry | undefined {
  if (change) return current
  // Another request may have changed it meanwhile. Then this request's value is still the older one: taking the newer entry for its base would
  // make the next comparison find a change that nobody made, and overwrite the newer value with it.
  const isEqual = base?.value && current?.value && sameBytes(base.value, current.value)
  return isEqual ? current : base
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (!a || !b) return a === b
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
