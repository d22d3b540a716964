import type { Chance } from './chance.js'

/** No input grows longer. */
const MAX_BYTES = 4_096
const MOST_INSERTED = 16
const BYTES = [0, 1, 2, 0x40, 0x7f, 0x80, 0x81, 0xc1, 0xd4, 0xd6, 0xfe, 0xff]
/** Lengths and counts just below, at and above what readers have limits for. */
const NUMBERS = [
  0, 1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 127, 128, 255, 256, 257, 512, 1000, 1001, 1200, 1201, 4096, 4097, 65_535,
  65_536, 0xf_ffff, 0x10_0000, 0x10_0001, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
]
const VARINTS = [
  [0x80, 0x00],
  [0x80, 0x01],
  [0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
]

/**
 * Makes inputs of inputs: flips bits, sets bytes and numbers that are on an edge, inserts, deletes, repeats, and puts the end of one behind the beginning of another. The result lies
 * in a buffer that the next one overwrites, as what comes from a socket does.
 */
export class Mutator {
  readonly #chance: Chance
  readonly #bytes = Buffer.alloc(2 * MAX_BYTES)
  #length = 0

  constructor(chance: Chance) {
    this.#chance = chance
  }

  mutated(parent: Uint8Array, other: Uint8Array): Buffer {
    this.#length = Math.min(parent.length, MAX_BYTES)
    this.#bytes.set(this.#length === parent.length ? parent : parent.subarray(0, this.#length))
    let times = 1
    while (times < 8 && this.#chance.below(2) === 0) times++
    for (let i = 0; i < times; i++) this.#mutate(other)
    return this.#bytes.subarray(0, this.#length)
  }

  #mutate(other: Uint8Array): void {
    if (this.#length === 0) return this.#insert(this.#chance.below(MOST_INSERTED) + 1)
    switch (this.#chance.below(12)) {
      case 0:
      case 1:
      case 2:
        this.#bytes[this.#place()]! ^= 1 << this.#chance.below(8)
        return
      case 3:
        this.#bytes[this.#place()] = this.#chance.below(256)
        return
      case 4:
        this.#bytes[this.#place()] = this.#chance.pick(BYTES)
        return
      case 5:
        return this.#setNumber()
      case 6:
        return this.#setBytes(this.#chance.pick(VARINTS))
      case 7:
        return this.#insert(this.#chance.below(MOST_INSERTED) + 1)
      case 8:
        return this.#delete()
      case 9:
        return this.#repeat()
      case 10:
        return this.#splice(other)
      default:
        this.#length = this.#place()
    }
  }

  #place(): number {
    return this.#chance.below(this.#length)
  }

  #setNumber(): void {
    const at = this.#place()
    const number = this.#chance.pick(NUMBERS)
    const width = this.#chance.pick([1, 2, 4])
    for (let i = 0; i < width && at + i < this.#length; i++) this.#bytes[at + i] = number >>> (8 * (width - 1 - i))
  }

  #setBytes(bytes: readonly number[]): void {
    const at = this.#place()
    for (let i = 0; i < bytes.length && at + i < this.#length; i++) this.#bytes[at + i] = bytes[i]!
  }

  #insert(count: number): void {
    if (this.#length + count > MAX_BYTES) return
    const at = this.#chance.below(this.#length + 1)
    this.#bytes.copyWithin(at + count, at, this.#length)
    const byte = this.#chance.below(3) === 0 ? this.#chance.pick(BYTES) : undefined
    for (let i = 0; i < count; i++) this.#bytes[at + i] = byte ?? this.#chance.below(256)
    this.#length += count
  }

  #delete(): void {
    const at = this.#place()
    const count = Math.min(this.#length - at, 1 + this.#chance.below(MOST_INSERTED))
    this.#bytes.copyWithin(at, at + count, this.#length)
    this.#length -= count
  }

  #repeat(): void {
    const at = this.#place()
    const count = Math.min(this.#length - at, 1 + this.#chance.below(64))
    const times = 1 + this.#chance.below(this.#chance.below(8) === 0 ? 64 : 3)
    for (let i = 0; i < times && this.#length + count <= MAX_BYTES; i++) {
      this.#bytes.copyWithin(at + count, at, this.#length)
      this.#length += count
    }
  }

  #splice(other: Uint8Array): void {
    const from = this.#chance.below(other.length + 1)
    const at = this.#chance.below(this.#length + 1)
    const end = Math.min(other.length, from + MAX_BYTES - at)
    this.#bytes.set(other.subarray(from, end), at)
    this.#length = at + end - from
  }
}
