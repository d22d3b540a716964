import { isTwin } from '../incarnation.js'
import type { Member } from '../member.js'
import type { Membership } from '../membership/membership.js'
import type { Clock } from '../ports/clock.js'
import type { Address } from '../ports/network.js'
import { uniqueIdText } from '../unique-id.js'
import { type GroupFrame, type MemberAddress, MOST_MEMBERS_TOLD } from '../wire/frame.js'
import type { MissingMembers } from './missing-members.js'

export interface GossipComponents {
  readonly clock: Clock
  readonly membership: Membership
  readonly missing: MissingMembers
  readonly tell: (to: Member, frame: GroupFrame) => boolean
  readonly localMember: () => Member | undefined
  /** It said goodbye, so nobody looks for it. */
  readonly hasLeft: (id: string) => boolean
  /** A member knows a process with our incarnation at another address. */
  readonly twinFound: (twin: Address) => void
}

/** A list that has not changed is told again after this long, because the other end may have forgotten whom it did not reach. */
const TELL_AGAIN_MS = 5000
/** However often lists change. */
const TELL_GAP_MS = 250
/** A doubt is repeated this often while it lasts. */
const DOUBT_GAP_MS = 500

interface Told {
  readonly digest: number
  readonly atMs: number
}

/**
 * What members tell each other about third ones. Nobody believes more of it than it says: a member that is named is dialled, and one that is
 * vouched for gets more time to answer; only what a member hears itself makes another one a member.
 */
export class Gossip {
  readonly #components: GossipComponents
  readonly #told = new Map<string, Told>()
  readonly #doubted = new Map<string, number>()
  #vouches = 0

  constructor(components: GossipComponents) {
    this.#components = components
  }

  /** How often another member has heard one that we doubted. */
  get vouches(): number {
    return this.#vouches
  }

  /** A member knows other members than we do: it gets our list, and sends its own for the same reason. */
  viewSeen(from: Member, view: number): void {
    const { clock, membership } = this.#components
    if (view === membership.digest || !membership.get(from.id)) return
    const nowMs = clock.now()
    const told = this.#told.get(from.id)
    const gapMs = told?.digest === membership.digest ? TELL_AGAIN_MS : TELL_GAP_MS
    if (told && nowMs - told.atMs < gapMs) return
    this.#told.set(from.id, { digest: membership.digest, atMs: nowMs })
    this.#components.tell(from, { type: 'members', members: this.#list() })
  }

  received(from: Member, frame: GroupFrame): void {
    switch (frame.type) {
      case 'members':
        for (const named of frame.members) this.#named(named)
        return
      case 'doubt':
        return this.#doubtHeard(from, frame.uniqueId)
      case 'vouch':
        return this.#vouched(uniqueIdText(frame.uniqueId), frame.ageMs)
    }
  }

  /** Asks every other member whether it hears this one: in a small group all of them, because each of them may be the one that does. */
  doubt(suspect: Member): void {
    const { clock, membership, tell } = this.#components
    const nowMs = clock.now()
    if (nowMs - (this.#doubted.get(suspect.id) ?? Number.NEGATIVE_INFINITY) < DOUBT_GAP_MS) return
    this.#doubted.set(suspect.id, nowMs)
    for (const other of membership.members())
      if (other.id !== suspect.id) tell(other, { type: 'doubt', uniqueId: suspect.uniqueId })
  }

  /** It is no member any more. */
  forget(id: string): void {
    this.#told.delete(id)
    this.#doubted.delete(id)
  }

  #list(): MemberAddress[] {
    const local = this.#components.localMember()
    const known = this.#components.membership.members().slice(0, MOST_MEMBERS_TOLD - 1)
    return [...(local ? [local] : []), ...known].map(({ uniqueId, host, port }) => ({ uniqueId, host, port }))
  }

  #named({ uniqueId, host, port }: MemberAddress): void {
    const { clock, membership, missing, hasLeft, localMember, twinFound } = this.#components
    const id = uniqueIdText(uniqueId)
    const local = localMember()
    if (local?.id === id) {
      if (isTwin(local, { id, host, port })) twinFound({ host, port })
    } else if (!membership.get(id) && !hasLeft(id)) missing.mentioned(id, { host, port }, clock.now())
  }

  #doubtHeard(from: Member, uniqueId: Uint8Array): void {
    const { clock, membership, tell } = this.#components
    const ageMs = membership.heardAgoMs(uniqueIdText(uniqueId), clock.now())
    if (ageMs !== undefined) tell(from, { type: 'vouch', uniqueId, ageMs })
  }

  #vouched(id: string, ageMs: number): void {
    const { clock, membership } = this.#components
    const nowMs = clock.now()
    const ownAgeMs = membership.heardAgoMs(id, nowMs)
    if (ownAgeMs === undefined || ageMs >= ownAgeMs) return
    this.#vouches++
    membership.vouched(id, nowMs - ageMs)
  }
}
