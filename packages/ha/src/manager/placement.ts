import type { Member } from '@clowder/tribes'
import { textHash } from '../state/state-hash.js'
import { BUCKETS } from './digest.js'
import type { Peers } from './peers.js'

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
  readonly #owned = new Set<number>()

  /** `copies`: how many members hold each session; Infinity: all. */
  constructor(components: { readonly peers: Peers }, copies: number) {
    this.#components = components
    this.#copies = copies
  }

  /** Every member holds everything, however many there are. */
  get isUnlimited(): boolean {
    return this.#copies === Number.POSITIVE_INFINITY
  }

  /** Every member holds everything now. */
  get isEverywhere(): boolean {
    return this.#copies > this.#components.peers.members().length - this.#leaving.size
  }

  isOwner(bucket: number): boolean {
    return this.isEverywhere || this.#ownersOf(bucket).includes(this.#components.peers.localId)
  }

  /** Whether both this node and the member hold the bucket, or will as soon as this node has noticed the member. */
  isShared(bucket: number, member: Member): boolean {
    if (this.isEverywhere) return true
    const { peers } = this.#components
    const owners = peers.isMember(member) ? this.#ownersOf(bucket) : this.#weighed(bucket, { added: member.id })
    return owners.includes(peers.localId) && owners.includes(member.id)
  }

  /** The other members that hold the bucket. */
  others(bucket: number): readonly Member[] {
    const members = this.#components.peers.members()
    if (this.isEverywhere) return members
    const owners = this.#ownersOf(bucket)
    return members.filter(m => owners.includes(m.id))
  }

  /** The one of its owners that speaks for the bucket. */
  isPrimary(bucket: number): boolean {
    return this.#ownersOf(bucket)[0] === this.#components.peers.localId
  }

  /** The member is about to leave: it owns nothing from now on. */
  leaving(memberId: string): void {
    this.#leaving.add(memberId)
  }

  gone(memberId: string): void {
    this.#leaving.delete(memberId)
  }

  /** Who will own the bucket when this node has left, and does not yet. */
  successors(bucket: number): readonly Member[] {
    const { peers } = this.#components
    if (this.isEverywhere) return []
    const owners = this.#ownersOf(bucket)
    const next = this.#weighed(bucket, { removed: peers.localId })
    return peers.members().filter(m => next.includes(m.id) && !owners.includes(m.id))
  }

  /** A member has come or gone. Returns the buckets that this node owns from now on. */
  changed(): readonly number[] {
    this.#owners = []
    if (this.isUnlimited) return []
    const gained: number[] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (!this.isOwner(bucket)) this.#owned.delete(bucket)
      else if (!this.#owned.has(bucket)) {
        this.#owned.add(bucket)
        gained.push(bucket)
      }
    }
    return gained
  }

  #ownersOf(bucket: number): readonly string[] {
    return (this.#owners[bucket] ??= this.#weighed(bucket))
  }

  #weighed(bucket: number, change: { readonly added?: string; readonly removed?: string } = {}): readonly string[] {
    const { peers } = this.#components
    const everybody = [peers.localId, ...peers.members().map(m => m.id), ...(change.added ? [change.added] : [])]
    const ids = everybody.filter(id => id !== change.removed && !this.#leaving.has(id))
    const weighed = ids.map(id => ({ id, weight: textHash(`${bucket} ${id}`) }))
    weighed.sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
    return weighed.slice(0, this.#copies).map(w => w.id)
  }
}
