import { randomFillSync, randomInt } from 'node:crypto'
import type { Random } from '@clowder/tribes'

const POOL_BYTES = 4096
/** Longer requests are filled directly. */
const POOLED_BYTES = 64

/** Chance from the system. Short requests are served from a pool, because each call of the system costs microseconds whatever its length. */
class SystemRandom implements Random {
  readonly #pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  #used = POOL_BYTES

  fill(bytes: Uint8Array): Uint8Array {
    if (bytes.length > POOLED_BYTES) return randomFillSync(bytes)
    if (this.#used + bytes.length > POOL_BYTES) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    const next = this.#used + bytes.length
    bytes.set(this.#pool.subarray(this.#used, next))
    // What has been given out is nobody else's, and is not kept.
    this.#pool.fill(0, this.#used, next)
    this.#used = next
    return bytes
  }

  below(n: number): number {
    return randomInt(n)
  }
}

export const nodeRandom: Random = new SystemRandom()
