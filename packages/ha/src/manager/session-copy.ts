import type { ByteWriter } from '@clowder/tribes'
import type { Stamp } from '../state/hybrid-clock.js'
import { packedKind, packedValue, packState, unpackState, writeState } from '../state/packed-state.js'
import { type Conflict, type Creation, entryOf, isWhole, type SessionState } from '../state/session-state.js'
import type { Slab } from '../state/slab.js'
import type { Hash64 } from '../state/state-hash.js'
import { emptyVector, type VersionVector } from '../state/version-vector.js'

/** Stands in the digest as nothing. */
export const UNLISTED: Hash64 = { high: 0, low: 0 }

/**
 * This node's copy of one session: its state, either open (objects) or packed (one buffer), and what is known of its use.
 * A copy that nobody reads stays packed, so that many idle sessions cost neither garbage nor collection time.
 */
export class SessionCopy {
  readonly id: string
  readonly bucket: number
  /** When the session was last used anywhere, as far as this node knows; monotonic ms. */
  accessedAtMs: number
  /** The access time that the other nodes have been told, monotonic ms. */
  toldAccessMs: number
  /** Idle time allowed, ms; Infinity: never expires. For a death certificate: how long it is kept. */
  idleLimitMs: number
  /** It was used on this node since the others were told. */
  isUseUntold = false
  /** Created on this node, in this process. */
  isOwn = false
  /** Under which of this process's names it writes to the session: see `aliasOf`. */
  alias = 0
  /** Not all of its owners are known to have what it holds: it must not be dropped. Matters where others own it. */
  isHint = false
  /** It was dropped for being idle, and its end has been told. */
  hasExpired = false
  /** Of a death certificate: who had created the session, if this node has seen that. */
  creation: Creation | undefined
  /** Of a death certificate: the greatest stamp of what it has ended here. Of a write that its maker had not seen it may be greater than its own. */
  endedStamp: Stamp = 0
  /** Stamp of the oldest removal that is kept; 0: none. */
  oldestRemoval: Stamp = 0
  /** How many writers the vector names. */
  writers = 0
  /** Commits are known of that are not all here. */
  hasGap = false
  /** Commits that nobody had who was asked for them: not waited for again because another member still waits. */
  givenUp: VersionVector = emptyVector
  /** Between parts of it that came before its beginning, if it is one that lives. */
  untoldConflicts: readonly Conflict[] = []
  /** Attributes that are excluded from replication stay on this node. */
  local: Map<string, unknown> | undefined
  /** The hash that stands in the digest. */
  hash = UNLISTED
  readonly #opened: (copy: SessionCopy) => void
  #form: SessionState | Buffer

  /** `form`: a state, or one packed. `opened` is called when a packed state has been opened. */
  constructor(
    id: string,
    bucket: number,
    form: SessionState | Buffer,
    nowMs: number,
    opened: (copy: SessionCopy) => void = () => {},
  ) {
    this.id = id
    this.bucket = bucket
    this.#opened = opened
    this.#form = form
    if (!Buffer.isBuffer(form)) this.hasGap = isGapped(form)
    this.accessedAtMs = nowMs
    this.toldAccessMs = nowMs
    this.idleLimitMs = Number.POSITIVE_INFINITY
  }

  get state(): SessionState {
    if (!Buffer.isBuffer(this.#form)) return this.#form
    const state = unpackState(this.#form)
    this.#form = state
    this.#opened(this)
    return state
  }

  set state(state: SessionState) {
    this.#form = state
    this.hasGap = isGapped(state)
  }

  /** Does not open a packed state. */
  get kind(): SessionState['kind'] {
    return Buffer.isBuffer(this.#form) ? packedKind(this.#form) : this.#form.kind
  }

  /** `out` is cleared. */
  pack(slab: Slab, out: ByteWriter): void {
    if (Buffer.isBuffer(this.#form)) return
    writeState(out.clear(), this.#form)
    this.#form = slab.keep(out.view())
  }

  /** The state's canonical bytes; does not change the form. */
  packed(): Buffer {
    return Buffer.isBuffer(this.#form) ? this.#form : packState(this.#form)
  }

  /** The length of the same bytes; of an open state about that. */
  get packedLength(): number {
    return Buffer.isBuffer(this.#form) ? this.#form.length : lengthOf(this.#form)
  }

  /** The state as it is at hand: a packed one stays packed, and what is returned is made for the caller. */
  peek(): SessionState {
    return Buffer.isBuffer(this.#form) ? unpackState(this.#form) : this.#form
  }

  /** The same bytes, written behind what `out` holds. */
  write(out: ByteWriter): void {
    if (Buffer.isBuffer(this.#form)) out.raw(this.#form)
    else writeState(out, this.#form)
  }

  /** The encoded value of one entry; does not open a packed state. */
  valueOf(name: string): Uint8Array | undefined {
    if (Buffer.isBuffer(this.#form)) return packedValue(this.#form, name)
    return this.#form.kind === 'live' ? entryOf(this.#form, name)?.value : undefined
  }

  /** Whether it is compared with what others have. */
  get isListed(): boolean {
    return this.hash !== UNLISTED
  }

  idleMs(nowMs: number): number {
    return Math.max(0, nowMs - this.accessedAtMs)
  }
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
