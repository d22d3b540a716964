import type { Slab } from './slab.js'

/** A piece of memory with slots of one size, at most 31 of them. */
export class SlabPiece<Tenant> {
  readonly slab: Slab<Tenant>
  readonly slotBytes: number
  readonly #bytes: Buffer
  readonly #slots: number
  /** A bit for each slot that is taken. */
  #taken = 0

  constructor(slab: Slab<Tenant>, slotBytes: number, slots: number) {
    this.slab = slab
    this.slotBytes = slotBytes
    this.#slots = slots
    this.#bytes = Buffer.allocUnsafeSlow(slots * slotBytes)
  }

  get isFull(): boolean {
    return this.#taken === 2 ** this.#slots - 1
  }

  get isEmpty(): boolean {
    return this.#taken === 0
  }

  /** Copies `bytes` into the first free slot and answers which that is. */
  take(bytes: Uint8Array): number {
    const index = 31 - Math.clz32(~this.#taken & (this.#taken + 1))
    this.#taken |= 1 << index
    this.#bytes.set(bytes, index * this.slotBytes)
    return index
  }

  release(index: number): void {
    this.#taken &= ~(1 << index)
  }

  /** The first byte of a slot. */
  firstOf(index: number): number {
    return this.#bytes[index * this.slotBytes]!
  }

  /** The bytes where they lie: good until the slot is released. */
  view(index: number, length: number): Buffer {
    const start = index * this.slotBytes
    return this.#bytes.subarray(start, start + length)
  }
}
