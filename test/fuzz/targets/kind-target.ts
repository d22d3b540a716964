import type { GoldenKind } from '../../golden/golden-kind.js'
import { type FuzzTarget, isRefusal } from '../target.js'

/** One in so many of what is taken is also written and read again. */
const CHECKED = 8

/** The codec of one kind of thing on the wire: what it takes must be the same when it is written and read again. */
export class KindTarget implements FuzzTarget {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly mend?: (bytes: Buffer) => void
  readonly #kind: GoldenKind
  #taken = 0

  constructor(kind: GoldenKind, mend?: (bytes: Buffer) => void) {
    this.name = kind.name
    this.seeds = kind.samples.map(([, value]) => kind.encode(value))
    if (mend) this.mend = mend
    this.#kind = kind
  }

  feed(bytes: Buffer): boolean {
    let value: unknown
    try {
      value = this.#kind.decode(bytes)
    } catch (error) {
      if (isRefusal(error, this.#kind.refusals)) return false
      throw error
    }
    // Codecs that refuse without an error.
    if (value === undefined && this.#kind.refusals.length === 0) return false
    if (this.#taken++ % CHECKED === 0) this.#check(value)
    return true
  }

  #check(value: unknown): void {
    const once = this.#kind.encode(value)
    const twice = this.#kind.encode(this.#kind.decode(once))
    if (!Buffer.from(once).equals(Buffer.from(twice))) throw new Error(`written as ${hex(once)}, then as ${hex(twice)}`)
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 64)).toString('hex')
}
