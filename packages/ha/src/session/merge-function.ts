import type { Codec } from '../ports/codec.js'
import { type Entry, winner } from '../state/entry.js'

/**
 * Makes one value of two that were written without knowledge of each other. Must be commutative, associative and idempotent (a union, a maximum, a map of
 * counts by writer): it may meet the same value twice, and in any order. What it returns is for whoever reads; nothing is replicated before a request changes
 * it, so that a function that is none of this spoils what is read and never the copies.
 */
export type MergeFunction = (a: unknown, b: unknown) => unknown

/** What stands under a name: the one value, or the merge of all that are there. Without a merge function, and when it throws, the latest. */
export function mergedValue(entries: readonly Entry[], codec: Codec, merge: MergeFunction | undefined): unknown {
  const present = entries.filter(e => e.value !== undefined)
  if (present.length === 0) return undefined
  const latest = () => codec.decode(present.reduce(winner).value!)
  if (present.length === 1 || !merge) return latest()
  try {
    return present.map(e => codec.decode(e.value!)).reduce((a, b) => merge(a, b))
  } catch {
    return latest()
  }
}
