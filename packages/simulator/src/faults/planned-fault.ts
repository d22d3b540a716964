/** From where to where: one direction of a link, by node names. */
export type DirectedLink = readonly [from: string, to: string]

/** Shapes of F24. `ring`: each node reaches its neighbours, so that every node sees another majority. `bridge`: two halves with one node that reaches both. */
export type PartitionShape = 'isolate' | 'halves' | 'ring' | 'bridge' | 'random'

/** What a client of its own tries out: see `probes`. */
export type ProbeKind =
  | 'odd-values'
  | 'nested-change'
  | 'large-session'
  | 'many-attributes'
  | 'unruly-merge'
  | 'forged-cookie'
  | 'merged-removal'
  | 'own-limit'

/** What is done to the cluster, as data: a plan can be stored, edited and run again. Nodes by their names. */
export type FaultAction =
  /** F01–F04: kill -9, another process starts at the end. */
  | { readonly kind: 'kill'; readonly nodes: readonly string[] }
  /** A pulled plug: nobody is told. Another process starts at the end. */
  | { readonly kind: 'power-off'; readonly nodes: readonly string[] }
  /** F05: SIGTERM, another process starts at the end. */
  | { readonly kind: 'stop'; readonly nodes: readonly string[] }
  /** F06: one after the other, each is stopped and started again. */
  | { readonly kind: 'rolling-restart'; readonly nodes: readonly string[]; readonly eachMs: number }
  /** F07: SIGSTOP, SIGCONT at the end. */
  | { readonly kind: 'pause'; readonly nodes: readonly string[] }
  /** F09: the event loop is held up. */
  | { readonly kind: 'stall'; readonly nodes: readonly string[] }
  /** F24, F25: nothing passes on these links. */
  | { readonly kind: 'partition'; readonly shape: PartitionShape; readonly links: readonly DirectedLink[] }
  /** F23. */
  | { readonly kind: 'one-way'; readonly links: readonly DirectedLink[] }
  /** F26: cut and healed in turn. */
  | { readonly kind: 'flap'; readonly links: readonly DirectedLink[]; readonly periodMs: number }
  /** F27: links stop one by one, everything waits in its order, and they go on in another order. */
  | { readonly kind: 'clog'; readonly links: readonly DirectedLink[]; readonly unclog: readonly DirectedLink[] }
  /** F20, F34: only heartbeats vanish on these links. */
  | { readonly kind: 'deaf'; readonly links: readonly DirectedLink[] }
  /** F28: open connections of these nodes are dead, and neither end is told. */
  | { readonly kind: 'half-open'; readonly nodes: readonly string[] }
  /** F29: connections are reset, each after a number of bytes of its own. */
  | { readonly kind: 'reset'; readonly links: readonly DirectedLink[]; readonly afterBytes: number }
  /** F31: a process takes nothing from its sockets. */
  | { readonly kind: 'slow-receiver'; readonly nodes: readonly string[] }
  /** F32: every datagram that these nodes send fails. */
  | { readonly kind: 'send-error'; readonly nodes: readonly string[]; readonly code: string }
  /** F33: the interface is down. */
  | { readonly kind: 'interface-down'; readonly nodes: readonly string[] }
  /** F33: the interfaces are down, and have these addresses, one each, when they come up again. */
  | { readonly kind: 'new-address'; readonly nodes: readonly string[]; readonly addresses: readonly string[] }
  /** F11: the application's listeners throw. */
  | { readonly kind: 'app-throws'; readonly nodes: readonly string[] }
  /** F13: another program has the first ports, so that the next process takes the next one; all of them, and none can start until it is over. */
  | { readonly kind: 'port-taken'; readonly nodes: readonly string[]; readonly ports: number }
  /** F35, F43: another cluster on the same group and port; `knowsUs`: it dials our members. */
  | { readonly kind: 'other-cluster'; readonly seed: number; readonly knowsUs: boolean }
  /** F43, F57: somebody writes nonsense to the group and to this node's port. */
  | { readonly kind: 'outsider'; readonly nodes: readonly string[]; readonly seed: number }
  /** F11, F45–F48, F56: a client of its own does what applications seldom do, at the first node, and looks at the second. */
  | { readonly kind: 'probe'; readonly probe: ProbeKind; readonly nodes: readonly string[]; readonly seed: number }
  /** F12: no file descriptor is left. */
  | { readonly kind: 'no-descriptors'; readonly nodes: readonly string[] }
  /** F42: this node's process dies, and one starts in its place that has the incarnation of another, as a cloned machine has. */
  | { readonly kind: 'clone'; readonly nodes: readonly string[]; readonly of: string }
  /** F14: the time of day is set, and set right at the end. */
  | { readonly kind: 'clock-jump'; readonly nodes: readonly string[]; readonly byMs: number }
  /** F20–F22: the whole network is bad for a while. */
  | { readonly kind: 'bad-network'; readonly physics: BadPhysics }

export type FaultKind = FaultAction['kind']

/** A part of the physics of the network, as numbers. */
export interface BadPhysics {
  readonly datagramLoss?: number
  readonly datagramDuplication?: number
  readonly datagramReorder?: number
  readonly datagramDelayMs?: { readonly min: number; readonly max: number }
  readonly streamDelayMs?: { readonly min: number; readonly max: number }
  readonly bytesPerMs?: number
}

/** Something that begins at a moment and lasts for a while, ms. */
export type PlannedFault = FaultAction & { readonly atMs: number; readonly forMs: number }

/** These must disturb nobody, so that nothing is excused by them: as far as the history goes they are over when they have begun. */
export const harmless: ReadonlySet<FaultKind> = new Set(['app-throws', 'other-cluster', 'outsider'])

/** Which class of the catalogue an action belongs to. A probe tells of its class itself, when it has come so far. */
export const catalogue: Readonly<Record<Exclude<FaultKind, 'probe'>, string>> = {
  kill: 'F01',
  'power-off': 'F28',
  stop: 'F05',
  'rolling-restart': 'F06',
  pause: 'F07',
  stall: 'F09',
  partition: 'F24',
  'one-way': 'F23',
  flap: 'F26',
  clog: 'F27',
  deaf: 'F20',
  'half-open': 'F28',
  reset: 'F29',
  'slow-receiver': 'F31',
  'send-error': 'F32',
  'interface-down': 'F33',
  'no-descriptors': 'F12',
  clone: 'F42',
  'clock-jump': 'F14',
  'bad-network': 'F21',
  'new-address': 'F33',
  'app-throws': 'F11',
  'other-cluster': 'F35',
  outsider: 'F57',
  'port-taken': 'F13',
}
