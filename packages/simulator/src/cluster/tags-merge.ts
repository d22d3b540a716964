import type { DeltaManagerOptions } from '@clowder/ha'
import { TAGS } from '../clients/client-options.js'

/** A union: commutative, associative, idempotent. */
export const tagsMerge: NonNullable<DeltaManagerOptions['merges']> = {
  [TAGS]: (a, b) => [...new Set([...(a as number[]), ...(b as number[])])].sort((x, y) => x - y),
}
