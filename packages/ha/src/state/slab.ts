import { SlabPiece } from './slab-piece.js'

/** Sizes are rounded up to multiples of this, larger ones to 1/256 of theirs at most. */
const LEAST_STEP_BYTES = 8
const STEPS_PER_DOUBLING = 256
/** As many as one integer has bits for, without its sign. */
const MOST_SLOTS = 30
const MOST_BYTES = 262_144

/** Where a byte string lies. */
export interface Slot<Tenant> {
  readonly piece: SlabPiece<Tenant>
  readonly index: number
}

/** The pieces of one slot size: those that have room, and how many there are in all. */
interface SizeClass<Tenant> {
  readonly roomy: Set<SlabPiece<Tenant>>
  pieces: number
}

/**
 * Memory for many small byte strings that come and go: pieces of slots of one size, filled again when tenants have left, so that a long life leaves no holes. A buffer of
 * its own for each of 100,000 sessions costs more time than all the rest of storing them, and 200 bytes each.
 */
export class Slab<Tenant> {
  /** Told whenever a tenant takes its bytes out. */
  readonly vacated: (tenant: Tenant) => void
  readonly #classes = new Map<number, SizeClass<Tenant>>()

  constructor(vacated: (tenant: Tenant) => void) {
    this.vacated = vacated
  }

  /** A copy of `bytes` that stays until its slot is released. */
  keep(bytes: Uint8Array): Slot<Tenant> {
    const slotBytes = slotBytesOf(bytes.length)
    const sizeClass = this.#classOf(slotBytes)
    const [piece = this.#added(sizeClass, slotBytes)] = sizeClass.roomy
    const index = piece.take(bytes)
    if (piece.isFull) sizeClass.roomy.delete(piece)
    return { piece, index }
  }

  /** Nobody reads these bytes any more: somebody else's come in their place. A piece without tenants is given back. */
  release(piece: SlabPiece<Tenant>, index: number): void {
    const sizeClass = this.#classOf(piece.slotBytes)
    piece.release(index)
    if (!piece.isEmpty) return void sizeClass.roomy.add(piece)
    sizeClass.roomy.delete(piece)
    sizeClass.pieces--
  }

  /** The first pieces of a size are small: it may be the size of few. */
  #added(sizeClass: SizeClass<Tenant>, slotBytes: number): SlabPiece<Tenant> {
    const slots = Math.min(MOST_SLOTS, 2 ** Math.min(sizeClass.pieces, MOST_SLOTS), Math.floor(MOST_BYTES / slotBytes))
    const piece = new SlabPiece(this, slotBytes, Math.max(1, slots))
    sizeClass.roomy.add(piece)
    sizeClass.pieces++
    return piece
  }

  #classOf(slotBytes: number): SizeClass<Tenant> {
    const known = this.#classes.get(slotBytes)
    if (known) return known
    const sizeClass: SizeClass<Tenant> = { roomy: new Set(), pieces: 0 }
    this.#classes.set(slotBytes, sizeClass)
    return sizeClass
  }
}

function slotBytesOf(length: number): number {
  const step = Math.max(LEAST_STEP_BYTES, 2 ** Math.floor(Math.log2(Math.max(1, length))) / STEPS_PER_DOUBLING)
  return Math.max(1, Math.ceil(length / step)) * step
}
