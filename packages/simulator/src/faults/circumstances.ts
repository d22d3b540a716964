/** What the application's merge function for MOOD does: answers something else each time, or throws. Only probes write that attribute. */
export type MoodMerge = 'changing' | 'throwing'

/** What one node is started with, and the others are not (F44). */
export interface DifferingOptions {
  readonly frequency?: number
  readonly pullTimeout?: number
  readonly acknowledgeTimeout?: number
  readonly maxSessionBytes?: number
}

/** How a cluster is set up, from the beginning of a run to its end: no accident, and nothing that heals. What is absent is as it mostly is. */
export interface Circumstances {
  /** F34: no datagram passes between anybody, and these nodes are in the list of members of each. */
  readonly members?: readonly string[]
  /** F36. `advertised`: each is known by a name that is none of its own addresses, and listens at all of them. `ipv6`: there are no other addresses. */
  readonly addresses?: 'advertised' | 'ipv6'
  /** F37: larger datagrams vanish; heartbeats are as large as they can be. */
  readonly mtuBytes?: number
  /** F10: so many sessions of its own a node has at most. */
  readonly maxActiveSessions?: number
  /** F45, F46: other limits than the default ones. */
  readonly limits?: { readonly maxSessionBytes: number; readonly maxAttributes: number }
  /** F44, by node. */
  readonly differing?: Readonly<Record<string, DifferingOptions>>
  /** F11, F56. */
  readonly mood?: MoodMerge
}
