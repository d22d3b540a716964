import type { ByteWriter } from '@clowder/tribes'
import { packedKind, packedValue, packState, unpackState, writeState } from '../state/packed-state.js'
import { entryOf, isWhole, type SessionState } from '../state/session-state.js'
import type { Slab, Slot } from '../state/slab.js'
import { SlabPiece } from '../state/slab-piece.js'
import type { Hash64 } from '../state/state-hash.js'
import { type CopyOddities, noOddities } from './copy-oddities.js'

/** Stands in the digest as nothing. */
export const UNLISTED: Hash64 = { high: 0, low: 0 }

/*
 * A million idle copies are a million of these objects, and the collector walks over all of them: so they have few fields, and none that is an object of its own (a number
 * that is no small integer is one; and a private method would be a field more). Marks: bucket (10 bits) · writers (13) · use is untold · has gap · has expired · is hint · is own. Place: length of the packed bytes · slot (5 bits).
 */
const BUCKET_BITS = 10
const WRITERS_BITS = 13
const OWN = 1
const HINT = 2
const EXPIRED = 4
const GAP = 8
const USED = 16
const WRITERS_AT = 5
const BUCKET_AT = WRITERS_AT + WRITERS_BITS
const WRITERS_MASK = (1 << WRITERS_BITS) - 1
const BUCKET_MASK = (1 << BUCKET_BITS) - 1
const SLOT_BITS = 5
const SLOT_MASK = (1 << SLOT_BITS) - 1
const NEVER = -1

/**
 * This node's copy of one session: its state, either open (objects) or packed (bytes in a slab), and what is known of its use.
 * A copy that nobody reads stays packed, so that many idle sessions cost neither garbage nor collection time.
 */
export class SessionCopy {
  readonly id: string
  #accessedAtMs: number
  #toldAccessMs: number
  #idleLimitMs = NEVER
  #hashHigh = UNLISTED.high
  #hashLow = UNLISTED.low
  #marks: number
  #odd: CopyOddities = noOddities
  #form: SessionState | SlabPiece<SessionCopy>
  #place = 0

  /** `bytes`: of a packed state, where they have been kept. */
  constructor(id: string, bucket: number, form: SessionState | Slot<SessionCopy>, nowMs: number, bytes = 0) {
    this.id = id
    this.#marks = bucket << BUCKET_AT
    this.#accessedAtMs = Math.ceil(nowMs)
    this.#toldAccessMs = this.#accessedAtMs
    if ('piece' in form) {
      this.#form = form.piece
      this.#place = placeOf(form, bytes)
    } else {
      this.#form = form
      this.hasGap = isGapped(form)
    }
  }

  get bucket(): number {
    return (this.#marks >>> BUCKET_AT) & BUCKET_MASK
  }

  /** When the session was last used anywhere, as far as this node knows; monotonic ms, whole ones. */
  get accessedAtMs(): number {
    return this.#accessedAtMs
  }

  set accessedAtMs(ms: number) {
    this.#accessedAtMs = Math.ceil(ms)
  }

  /** The access time that the other nodes have been told, monotonic ms. */
  get toldAccessMs(): number {
    return this.#toldAccessMs
  }

  set toldAccessMs(ms: number) {
    this.#toldAccessMs = Math.ceil(ms)
  }

  /** Idle time allowed, ms; Infinity: never expires. For a death certificate: how long it is kept. */
  get idleLimitMs(): number {
    return this.#idleLimitMs === NEVER ? Number.POSITIVE_INFINITY : this.#idleLimitMs
  }

  set idleLimitMs(ms: number) {
    this.#idleLimitMs = ms === Number.POSITIVE_INFINITY ? NEVER : ms
  }

  /** The hash that stands in the digest. */
  get hash(): Hash64 {
    return { high: this.#hashHigh, low: this.#hashLow }
  }

  set hash({ high, low }: Hash64) {
    this.#hashHigh = high
    this.#hashLow = low
  }

  /** It was used on this node since the others were told. */
  get isUseUntold(): boolean {
    return (this.#marks & USED) !== 0
  }

  set isUseUntold(isSo: boolean) {
    this.#marks = marked(this.#marks, USED, isSo)
  }

  /** Created on this node, in this process. */
  get isOwn(): boolean {
    return (this.#marks & OWN) !== 0
  }

  set isOwn(isSo: boolean) {
    this.#marks = marked(this.#marks, OWN, isSo)
  }

  /** Not all of its owners are known to have what it holds: it must not be dropped. Matters where others own it. */
  get isHint(): boolean {
    return (this.#marks & HINT) !== 0
  }

  set isHint(isSo: boolean) {
    this.#marks = marked(this.#marks, HINT, isSo)
  }

  /** It was dropped for being idle, and its end has been told. */
  get hasExpired(): boolean {
    return (this.#marks & EXPIRED) !== 0
  }

  set hasExpired(isSo: boolean) {
    this.#marks = marked(this.#marks, EXPIRED, isSo)
  }

  /** Commits are known of that are not all here. */
  get hasGap(): boolean {
    return (this.#marks & GAP) !== 0
  }

  set hasGap(isSo: boolean) {
    this.#marks = marked(this.#marks, GAP, isSo)
  }

  /** How many writers the vector names. */
  get writers(): number {
    return (this.#marks >>> WRITERS_AT) & WRITERS_MASK
  }

  set writers(count: number) {
    this.#marks = (this.#marks & ~(WRITERS_MASK << WRITERS_AT)) | (Math.min(count, WRITERS_MASK) << WRITERS_AT)
  }

  get odd(): CopyOddities {
    return this.#odd
  }

  /** Notes what most copies do not have. */
  note(odd: Partial<CopyOddities>): void {
    this.#odd = { ...this.#odd, ...odd }
  }

  get state(): SessionState {
    if (!(this.#form instanceof SlabPiece)) return this.#form
    const { slab } = this.#form
    const state = unpackState(SessionCopy.#view(this, this.#form))
    SessionCopy.#hold(this, state)
    slab.vacated(this)
    return state
  }

  set state(state: SessionState) {
    SessionCopy.#hold(this, state)
    this.hasGap = isGapped(state)
  }

  get isPacked(): boolean {
    return this.#form instanceof SlabPiece
  }

  /** Does not open a packed state. */
  get kind(): SessionState['kind'] {
    return this.#form instanceof SlabPiece ? packedKind(this.#form.firstOf(this.#place & SLOT_MASK)) : this.#form.kind
  }

  /** It is no longer in the table, and somebody may still use it: nothing of it stays in the slab. */
  leave(): void {
    if (this.#form instanceof SlabPiece) SessionCopy.#hold(this, this.peek())
  }

  /** `out` is cleared. */
  pack(slab: Slab<SessionCopy>, out: ByteWriter): void {
    if (this.#form instanceof SlabPiece) return
    writeState(out.clear(), this.#form)
    const bytes = out.view()
    const slot = slab.keep(bytes)
    this.#form = slot.piece
    this.#place = placeOf(slot, bytes.length)
  }

  /** The state's canonical bytes, a copy of them; does not change the form. */
  packed(): Buffer {
    return this.#form instanceof SlabPiece ? Buffer.from(SessionCopy.#view(this, this.#form)) : packState(this.#form)
  }

  /** The length of the same bytes; of an open state about that. */
  get packedLength(): number {
    return this.#form instanceof SlabPiece ? this.#place >>> SLOT_BITS : lengthOf(this.#form)
  }

  /** The state as it is at hand: a packed one stays packed, and what is returned is made for the caller. */
  peek(): SessionState {
    return this.#form instanceof SlabPiece ? unpackState(SessionCopy.#view(this, this.#form)) : this.#form
  }

  /** The same bytes, written behind what `out` holds. */
  write(out: ByteWriter): void {
    if (this.#form instanceof SlabPiece) out.raw(SessionCopy.#view(this, this.#form))
    else writeState(out, this.#form)
  }

  /** The encoded value of one entry; does not open a packed state. Good until something happens to the copy. */
  valueOf(name: string): Uint8Array | undefined {
    if (this.#form instanceof SlabPiece) return packedValue(SessionCopy.#view(this, this.#form), name)
    return this.#form.kind === 'live' ? entryOf(this.#form, name)?.value : undefined
  }

  /** Whether it is compared with what others have. */
  get isListed(): boolean {
    return this.#hashHigh !== UNLISTED.high || this.#hashLow !== UNLISTED.low
  }

  idleMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#accessedAtMs)
  }

  /** Takes the state in the place of what there is, whose slot is somebody else's then. */
  static #hold(copy: SessionCopy, state: SessionState): void {
    if (copy.#form instanceof SlabPiece) copy.#form.slab.release(copy.#form, copy.#place & SLOT_MASK)
    copy.#form = state
  }

  static #view(copy: SessionCopy, piece: SlabPiece<SessionCopy>): Buffer {
    return piece.view(copy.#place & SLOT_MASK, copy.#place >>> SLOT_BITS)
  }
}

function marked(marks: number, mark: number, isSo: boolean): number {
  return isSo ? marks | mark : marks & ~mark
}

function placeOf({ index }: Slot<SessionCopy>, bytes: number): number {
  return (bytes << SLOT_BITS) | index
}

function isGapped(state: SessionState): boolean {
  return state.kind === 'live' && !isWhole(state)
}

/** Beside name and value an entry has about this much: stamp, counter, lengths. */
const ENTRY_BYTES = 12
const ACTOR_BYTES = 20

function lengthOf(state: SessionState): number {
  if (state.kind === 'dead') return 0
  const ofEntry = (name: string, value: Uint8Array | undefined) => name.length + (value?.length ?? 0) + ENTRY_BYTES
  return state.entries.reduce((sum, e) => sum + ofEntry(e.name, e.value), ACTOR_BYTES * state.vector.length)
}
