import type { CollectedMemory } from '../collected-memory.js'
import type { Trust } from './pair-network.js'

/** How a member of a pair is started. */
export interface MemberPlan {
  readonly clusterName: string
  readonly trust: Trust
  /** Its name. */
  readonly jvmRoute: string
  /** Of the multicast group. */
  readonly groupPort: number
}

export interface MemberAddress {
  readonly host: string
  readonly port: number
  readonly uniqueId: Uint8Array
}

/** A real member that must go on working whatever is sent to it; in this process or in one of its own. All reject with what was logged without a type, or thrown, in its process. */
export interface FuzzedMember {
  /** Resolves when it sees the other one. */
  paired(): Promise<void>
  address(): Promise<MemberAddress>
  /** A new session's id. */
  write(): Promise<string>
  /** Resolves when it has the session. */
  holds(id: string): Promise<void>
  expire(id: string): Promise<void>
  /** Of its process, once there is no garbage. */
  memory(): Promise<CollectedMemory>
  /** How long the event loop stood still, and what became of what was sent. */
  notes(): Promise<string>
  close(): Promise<void>
}
