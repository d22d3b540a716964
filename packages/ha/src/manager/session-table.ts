import { ByteWriter } from '@clowder/tribes'
import type { Stamp } from '../state/hybrid-clock.js'
import { isWhole, type LiveState, MOST_REMOVALS, type SessionState } from '../state/session-state.js'
import { Slab, type Slot } from '../state/slab.js'
import { stateHash, textHash } from '../state/state-hash.js'
import type { CopyOddities } from './copy-oddities.js'
import { BUCKETS, Digest } from './digest.js'
import { SessionCopy, UNLISTED } from './session-copy.js'

/** Open states are packed again when nobody has used them for this long. */
const PACK_AFTER_MS = 5_000
const BATCH = 256
/** A use is noted again after so long: a session in use comes by several times in a request. */
const NOTE_AGAIN_MS = 1_000

/** All copies of this node, in the digest's buckets, with the digest kept current. */
export class SessionTable {
  readonly digest = new Digest()
  /** Those that have never held anything are not made. */
  readonly #buckets: (Map<string, SessionCopy> | undefined)[] = new Array(BUCKETS).fill(undefined)
  /** Stands for each of those. */
  readonly #emptyBucket: ReadonlyMap<string, SessionCopy> = new Map()
  /** Copies whose state is open, oldest use first: the candidates for packing. */
  readonly #open = new Map<SessionCopy, number>()
  readonly #slab = new Slab<SessionCopy>(opened => this.used(opened, this.#nowMs))
  readonly #packer = new ByteWriter(4096)
  /** The latest time that this table was told: when a state is opened, it is about now. */
  #nowMs = 0
  /** Oldest first. */
  readonly #deaths = new Set<SessionCopy>()
  #live = 0
  #lastId = ''
  #lastBucket = bucketOf('')

  /** Sessions alive, replicas included. */
  get liveCount(): number {
    return this.#live
  }

  /** Death certificates kept. */
  get deadCount(): number {
    return this.#deaths.size
  }

  /** Death certificates, in the order in which they were learned of. */
  deaths(): Iterable<SessionCopy> {
    return this.#deaths
  }

  get(id: string): SessionCopy | undefined {
    return this.#buckets[this.#bucketOf(id)]?.get(id)
  }

  bucket(index: number): Iterable<SessionCopy> {
    return (this.#buckets[index] ?? this.#emptyBucket).values()
  }

  *[Symbol.iterator](): Generator<SessionCopy> {
    for (const bucket of this.#buckets) if (bucket) for (const copy of bucket.values()) yield copy
  }

  /** All copies, some hundreds at a time: whoever looks through them may let others have their turn in between. */
  *batches(): Generator<readonly SessionCopy[]> {
    let batch: SessionCopy[] = []
    for (const bucket of this.#buckets) {
      if (!bucket || bucket.size === 0) continue
      batch.push(...bucket.values())
      if (batch.length < BATCH) continue
      yield batch
      batch = []
    }
    yield batch
  }

  /** Stores a state under an id, in a new copy when there is none. */
  put(id: string, state: SessionState, nowMs: number): SessionCopy {
    const existing = this.get(id)
    const copy = existing ?? this.#added(id, state, nowMs)
    if (existing) {
      this.digest.toggle(copy.bucket, copy.hash)
      this.#uncount(copy)
      copy.state = state
    }
    copy.hash = stateHash(id, state)
    this.digest.toggle(copy.bucket, copy.hash)
    this.#count(copy, state)
    this.used(copy, nowMs)
    return copy
  }

  /** Stores a session that is not here as its bytes, which are copied; `state` is what they say. Nothing is opened before somebody reads it. */
  putPacked(id: string, state: LiveState, packed: Uint8Array, nowMs: number): SessionCopy {
    const copy = this.#added(id, this.#slab.keep(packed), nowMs, packed.length)
    copy.hasGap = !isWhole(state)
    copy.hash = stateHash(id, state)
    this.digest.toggle(copy.bucket, copy.hash)
    this.#count(copy, state)
    return copy
  }

  /** Leaves a copy out of what is compared: others need not have it. Until it changes. */
  unlist(copy: SessionCopy): void {
    this.digest.toggle(copy.bucket, copy.hash)
    copy.hash = UNLISTED
  }

  remove(copy: SessionCopy): void {
    if (this.get(copy.id) !== copy) return
    this.#buckets[copy.bucket]?.delete(copy.id)
    this.digest.toggle(copy.bucket, copy.hash)
    this.#uncount(copy)
    this.#open.delete(copy)
    copy.leave()
  }

  /** Notes that the copy's state is open now. A copy that is no longer in the table is nobody's to pack. */
  used(copy: SessionCopy, nowMs: number): void {
    this.#nowMs = nowMs
    const notedMs = this.#open.get(copy)
    if (notedMs !== undefined && nowMs - notedMs < NOTE_AGAIN_MS) return
    this.#open.delete(copy)
    if (this.get(copy.id) !== copy) return
    this.#open.set(copy, nowMs)
  }

  /** Packs what has been open and unused for a while, at most `most` copies. True: there may be more. */
  packIdle(nowMs: number, most: number): boolean {
    this.#nowMs = nowMs
    let left = most
    for (const [copy, usedMs] of this.#open) {
      if (nowMs - usedMs < PACK_AFTER_MS) return false
      if (left-- === 0) return true
      copy.pack(this.#slab, this.#packer)
      this.#open.delete(copy)
    }
    return false
  }

  /** What is stored has been looked for just before. */
  #bucketOf(id: string): number {
    if (id === this.#lastId) return this.#lastBucket
    this.#lastId = id
    return (this.#lastBucket = bucketOf(id))
  }

  #added(id: string, form: SessionState | Slot<SessionCopy>, nowMs: number, bytes?: number): SessionCopy {
    const copy = new SessionCopy(id, this.#bucketOf(id), form, nowMs, bytes)
    const bucket = (this.#buckets[copy.bucket] ??= new Map())
    bucket.set(id, copy)
    return copy
  }

  #count(copy: SessionCopy, state: SessionState): void {
    if (state.kind === 'dead') return void this.#deaths.add(copy)
    this.#live++
    copy.writers = state.vector.length
    const { oldestRemoval, isCrowded } = removalsIn(state)
    if (oldestRemoval !== copy.odd.oldestRemoval || isCrowded !== copy.odd.isCrowded)
      copy.note({ oldestRemoval, isCrowded })
  }

  #uncount(copy: SessionCopy): void {
    if (!this.#deaths.delete(copy)) this.#live--
  }
}

function removalsIn({ entries }: LiveState): Pick<CopyOddities, 'oldestRemoval' | 'isCrowded'> {
  let oldestRemoval: Stamp = 0
  let count = 0
  for (const { value, stamp } of entries) {
    if (value !== undefined) continue
    count++
    if (oldestRemoval === 0 || stamp < oldestRemoval) oldestRemoval = stamp
  }
  return { oldestRemoval, isCrowded: count > MOST_REMOVALS }
}

/** Where a session stands in the digest, and who holds it when not everybody does. */
export function bucketOf(id: string): number {
  return textHash(id) % BUCKETS
}
