import type { FilterRule } from '../network/packet-filter.js'

/** What a fault does. It begins, lasts, and is ended; all of it drawn beforehand, so that a seed tells the whole story. */
export type FaultDeed =
  /** SIGKILL to all of these at once; other processes take their places when it ends. */
  | { readonly do: 'kill'; readonly nodes: readonly string[] }
  /** SIGTERM: clients are sent elsewhere first if `isAnnounced`, as a balancer would; another process takes its place when it ends. */
  | { readonly do: 'terminate'; readonly nodes: readonly string[]; readonly isAnnounced: boolean }
  | { readonly do: 'pause'; readonly node: string }
  | { readonly do: 'stall'; readonly node: string; readonly ms: number }
  | { readonly do: 'clock'; readonly node: string; readonly shiftMs: number }
  | { readonly do: 'filter'; readonly rules: readonly FilterRule[]; readonly flapMs?: number }
  /** The node's link to the others carries one megabit a second. */
  | { readonly do: 'slow'; readonly node: string }
  | { readonly do: 'link-down'; readonly node: string }
  /** A relay before the node's link: delay, loss, duplicates, packets that overtake. */
  | { readonly do: 'relay'; readonly node: string; readonly weather: RelayWeather }

export interface RelayWeather {
  readonly delayMinMs: number
  readonly delayMaxMs: number
  readonly lossPercent: number
  readonly duplicatePercent: number
}

export interface Fault {
  /** Its class in the fault catalogue, such as `F24`. */
  readonly fault: string
  /** For people. */
  readonly what: string
  /** From the beginning of the schedule. */
  readonly atMs: number
  readonly lastsMs: number
  readonly deed: FaultDeed
}
