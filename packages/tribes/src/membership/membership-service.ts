import type { Member } from '../member.js'
import type { Address } from '../ports/network.js'

/** What a membership service reports. It decides nothing, and makes nobody a member: only a connection does. */
export interface MembershipListener {
  /** The member announced itself, now or, where somebody has recorded it, some time ago. */
  memberAnnounced(member: Member): void
  /** The member announced that it leaves. */
  memberLeft(member: Member): void
  /** Somebody may listen there; a connection will tell who. */
  addressFound(address: Address): void
}

/** A way to find members: multicast, a list, later a cloud's directory. Several can run side by side. */
export interface MembershipService {
  /** Resolves when this member has been announced for the first time; discovery goes on until `stop`. */
  start(local: Member): Promise<void>
  /** This process has another incarnation from now on; nothing is said about the previous one. */
  localChanged?(local: Member): void
  /** Announces that this member leaves, then ends. */
  stop(): Promise<void>
}
