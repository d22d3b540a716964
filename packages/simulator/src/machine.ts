import type { Stream } from '@clowder/tribes'
import type { HostCounters } from './host-counters.js'
import type { SimProcess } from './sim-process.js'

/** What its streams, ports, dials and datagram sockets know of the machine they are on. */
export interface Machine {
  readonly address: string
  readonly process: SimProcess
  readonly counters: HostCounters
  readonly streams: Set<Connection>
  readonly listeners: Map<number, Port>
  /** Whether anything at its address would answer. */
  readonly isOn: boolean
  /** Whether its process takes bytes from its sockets. */
  readonly isReading: boolean
  /** No file descriptor is left: nothing is accepted. */
  readonly hasNoDescriptors: boolean
}

/** One end of an open stream, as its machine and the network handle it. */
export interface Connection extends Stream {
  /** Where the other end is. */
  readonly peerAddress: string
  /** When the last of what was sent on it arrives; absent: nothing is on its way. */
  readonly lastArrivalMs: number | undefined
  /** What kept bytes from moving, either way, may be over. */
  wake(): void
  /** The process died: its kernel ends the connection, unless the machine died with it. */
  abandon(isMachineAlive: boolean): void
  /** The network resets both ends; of what is on its way a part still arrives. */
  reset(): void
  /** Nothing arrives at either end any more, and neither is told. */
  silence(): void
}

/** A bound port. */
export interface Port {
  readonly machine: Machine
  isBoundTo(address: string): boolean
  accepted(stream: Stream): void
  /** There are file descriptors again. */
  wake(): void
}

/** What a machine knows of the network. */
export interface Machines {
  /** The address of a name; throws ENOTFOUND. */
  lookUp(host: string): string
  isMachineOn(address: string): boolean
  portAt(address: { readonly host: string; readonly port: number }): Port | undefined
}
