import type { Member } from '@clowder/tribes'
import { textHash, textHashFrom } from '../state/state-hash.js'
import { BUCKETS } from './digest.js'
import type { Peers } from './peers.js'

/** For each bucket, the weight in it of the member with this id. */
const WEIGHTS = Array.from({ length: BUCKETS }, (_, bucket) => textHashFrom(`${bucket} `))

/** A member that may hold something, and its weight in each bucket; NaN: not asked for yet. Most members come and go without ever being compared in most buckets. */
interface Candidate {
  readonly id: string
  readonly weights: Float64Array
}

/**
 * Which members hold which buckets: the `copies` members with the highest random weight for it (Thaler and Ravishankar 1998). All agree without talking as soon
 * as they agree on who is there; until then copies are in more places than need be.
 */
export class Placement {
  readonly #components: { readonly peers: Peers }
  readonly #copies: number
  /** Ids of the owners, by bucket; found when first asked for, forgotten when a member comes or goes. */
  #owners: (readonly string[] | undefined)[] = []
  /** Members that are about to leave: they own nothing any more. */
  readonly #leaving = new Set<string>()
  /** 1 for each bucket that this node owned when a member last came or went. */
  readonly #owned = new Uint8Array(BUCKETS)
  /** Every member that has been weighed. */
  readonly #weighed = new Map<string, Candidate>()
  /** Who is there and stays, this node among them; found again when somebody comes, goes or begins to leave. */
  #staying: { readonly localId: string; readonly members: readonly Member[]; readonly all: Candidate[] } | undefined
  readonly #all = new Uint8Array(BUCKETS).fill(1)
  /** For a member, 1 for each bucket that it shares with this node. */
  readonly #shared = new Map<string, Uint8Array>()
  /** Of whom the owners above were found. */
  #found: { readonly localId: string; readonly members: readonly Member[] } | undefined

  /** `copies`: how many members hold each session; Infinity: all. */
  constructor(components: { readonly peers: Peers }, copies: number) {
    this.#components = components
    this.#copies = copies
  }

  /** Every member holds everything, however many there are. */
  get isUnlimited(): boolean {
    return this.#copies === Number.POSITIVE_INFINITY
  }

  /** One member holds each session. */
  get isSingle(): boolean {
    return this.#copies === 1
  }

  /** Every member holds everything now. */
  get isEverywhere(): boolean {
    return this.#copies > this.#components.peers.members().length - this.#leaving.size
  }

  isOwner(bucket: number): boolean {
    return this.isEverywhere || this.#ownersOf(bucket).includes(this.#components.peers.localId)
  }

  /**
   * A 1 for each bucket that both this node and the member hold, or will hold as soon as this node has noticed the member. Asked for at every comparison of
   * tables, so it is kept for as long as the owners are.
   */
  sharedWith(member: Member): Uint8Array {
    if (this.isEverywhere) return this.#all
    if (!this.#components.peers.isMember(member))
      return this.#sharedBuckets(member, bucket => this.#heaviest(bucket, { added: member.id }))
    const known = this.#shared.get(member.id)
    if (known) return known
    const shared = this.#sharedBuckets(member, bucket => this.#ownersOf(bucket))
    this.#shared.set(member.id, shared)
    return shared
  }

  /** The other members that hold the bucket. */
  others(bucket: number): readonly Member[] {
    const members = this.#components.peers.members()
    if (this.isEverywhere) return members
    const owners = this.#ownersOf(bucket)
    return members.filter(m => owners.includes(m.id))
  }

  /** Whether this node, which has something in the bucket, is the one that speaks for it: among its owners the first; if that one `lacks` it, the heaviest of all that do not. */
  isPrimary(bucket: number, lacks: (memberId: string) => boolean): boolean {
    const { localId } = this.#components.peers
    const [first] = this.#ownersOf(bucket)
    if (first === undefined || !lacks(first)) return first === localId
    const own = this.#candidate(localId)
    return this.#candidates().every(other => other === own || lacks(other.id) || isHeavier(own, other, bucket))
  }

  /** The id of that one. */
  primaryOf(bucket: number): string {
    return this.#ownersOf(bucket)[0] ?? this.#components.peers.localId
  }

  /**
   * Whether it would speak for the bucket rather than this node, if both were here. Mostly asked of those that are not: nothing is kept for them, or somebody who comes and goes under
   * thousands of names would have a table made for each.
   */
  outranks(id: string, bucket: number): boolean {
    const { localId } = this.#components.peers
    const [its, own] = [WEIGHTS[bucket]!(id), weightOf(this.#candidate(localId), bucket)]
    return its > own || (its === own && id < localId)
  }

  /** A hash of whom the buckets are shared among, in whatever order: two who have the same agree on the owners. */
  get view(): number {
    return this.#candidates().reduce((sum, { id }) => (sum + textHash(id)) >>> 0, 0)
  }

  /** The member is about to leave: it owns nothing from now on. One that is no member owns nothing as it is, and would be counted among those that leave for ever. */
  leaving(memberId: string): void {
    if (!this.#components.peers.members().some(({ id }) => id === memberId)) return
    this.#leaving.add(memberId)
    this.#found = undefined
    this.#staying = undefined
  }

  gone(memberId: string): void {
    this.#leaving.delete(memberId)
    this.#found = undefined
    this.#staying = undefined
  }

  /** Who will own the bucket when this node has left, and does not yet. */
  successors(bucket: number): readonly Member[] {
    const { peers } = this.#components
    if (this.isEverywhere) return []
    const owners = this.#ownersOf(bucket)
    const next = this.#heaviest(bucket, { removed: peers.localId })
    return peers.members().filter(m => next.includes(m.id) && !owners.includes(m.id))
  }

  /** A member has come or gone. Returns the buckets that this node owns from now on. */
  changed(): readonly number[] {
    if (!this.#forgetOwners() || this.isUnlimited) return []
    const gained: number[] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const isOwner = this.isOwner(bucket)
      if (isOwner && !this.#owned[bucket]) gained.push(bucket)
      this.#owned[bucket] = isOwner ? 1 : 0
    }
    return gained
  }

  /** False: they are as they were, since nobody has come, gone, or begun to leave. */
  #forgetOwners(): boolean {
    const { localId } = this.#components.peers
    const members = this.#components.peers.members()
    if (this.#found?.localId === localId && this.#found.members === members) return false
    this.#found = { localId, members }
    this.#owners = []
    this.#shared.clear()
    const ids = new Set([localId, ...members.map(m => m.id)])
    for (const id of this.#weighed.keys()) if (!ids.has(id)) this.#weighed.delete(id)
    return true
  }

  #sharedBuckets({ id }: Member, ownersOf: (bucket: number) => readonly string[]): Uint8Array {
    const { localId } = this.#components.peers
    const shared = new Uint8Array(BUCKETS)
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const owners = ownersOf(bucket)
      if (owners.includes(localId) && owners.includes(id)) shared[bucket] = 1
    }
    return shared
  }

  #ownersOf(bucket: number): readonly string[] {
    return (this.#owners[bucket] ??= this.#heaviest(bucket))
  }

  #heaviest(bucket: number, change: { readonly added?: string; readonly removed?: string } = {}): readonly string[] {
    const { added } = change
    const staying = this.#candidates()
    const isAdded = added !== undefined && !this.#leaving.has(added)
    const candidates = isAdded ? [...staying, this.#candidate(added)] : staying
    const chosen: Candidate[] = []
    for (const candidate of candidates) {
      if (candidate.id === change.removed) continue
      let at = chosen.length
      if (at === this.#copies && !isHeavier(candidate, chosen[--at]!, bucket)) continue
      for (; at > 0 && isHeavier(candidate, chosen[at - 1]!, bucket); at--) chosen[at] = chosen[at - 1]!
      chosen[at] = candidate
    }
    return chosen.map(({ id }) => id)
  }

  #candidates(): readonly Candidate[] {
    const { localId } = this.#components.peers
    const members = this.#components.peers.members()
    if (this.#staying?.localId === localId && this.#staying.members === members) return this.#staying.all
    const all = [localId, ...members.map(m => m.id)].filter(id => !this.#leaving.has(id)).map(id => this.#candidate(id))
    this.#staying = { localId, members, all }
    return all
  }

  #candidate(id: string): Candidate {
    let candidate = this.#weighed.get(id)
    if (!candidate) this.#weighed.set(id, (candidate = { id, weights: new Float64Array(BUCKETS).fill(Number.NaN) }))
    return candidate
  }
}

function isHeavier(a: Candidate, b: Candidate, bucket: number): boolean {
  const its = weightOf(a, bucket)
  const other = weightOf(b, bucket)
  return its > other || (its === other && a.id < b.id)
}

function weightOf({ id, weights }: Candidate, bucket: number): number {
  const known = weights[bucket]!
  return Number.isNaN(known) ? (weights[bucket] = WEIGHTS[bucket]!(id)) : known
}
