import type { Hash64 } from '../state/state-hash.js'
import type { BucketHash } from '../wire/message.js'

export const BUCKETS = 1024

/**
 * The digest of a whole table: for each bucket the XOR of its sessions' hashes, kept current in O(1) at every change. Equal digests mean equal
 * contents (but for a chance of 2^-64 per bucket).
 */
export class Digest {
  readonly #high = new Int32Array(BUCKETS)
  readonly #low = new Int32Array(BUCKETS)

  /** Adds a session's hash to its bucket, or takes it out again: XOR is its own inverse. */
  toggle(bucket: number, hash: Hash64): void {
    this.#high[bucket]! ^= hash.high
    this.#low[bucket]! ^= hash.low
  }

  bucket(index: number): Hash64 {
    return { high: this.#high[index]!, low: this.#low[index]! }
  }

  /** The buckets of one share of the table (those with `index % shares === share`) that are counted: where `counted` has a 1. */
  buckets(share: number, shares: number, counted: Uint8Array): BucketHash[] {
    const buckets: BucketHash[] = []
    for (let index = share; index < BUCKETS; index += shares)
      if (counted[index]) buckets.push({ bucket: index, hash: this.bucket(index) })
    return buckets
  }

  /** Those of another table's buckets whose hash is not this one's; what is no bucket is none of them. */
  differing(buckets: readonly BucketHash[]): number[] {
    const differs = ({ bucket, hash }: BucketHash) => bucket < BUCKETS && !sameHash(hash, this.bucket(bucket))
    return buckets.filter(differs).map(({ bucket }) => bucket)
  }

  /** One hash for one share of the table, or for those of its buckets that are counted. */
  root(share = 0, shares = 1, counted?: Uint8Array): Hash64 {
    const highs = this.#high
    const lows = this.#low
    let high = 0
    let low = 0
    for (let index = share; index < BUCKETS; index += shares) {
      if (counted && !counted[index]) continue
      // Rotating by the position keeps two buckets that swapped their contents from cancelling out.
      high = (Math.imul(high, 31) + highs[index]!) | 0
      low = (Math.imul(low, 33) + lows[index]!) | 0
    }
    return { high, low }
  }
}

export function sameHash(a: Hash64, b: Hash64): boolean {
  return a.high === b.high && a.low === b.low
}

/** A hash as one safe integer, for sets: 53 of its 64 bits. */
export function hashKey(hash: Hash64): number {
  return (hash.high >>> 0) * 0x20_0000 + (hash.low >>> 11)
}
