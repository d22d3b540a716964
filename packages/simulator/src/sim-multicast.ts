import type { MulticastHandlers, MulticastOptions, MulticastSocket } from '@clowder/tribes'
import type { Link } from './link.js'
import type { Machine } from './machine.js'
import { Passage } from './passage.js'
import { SystemError } from './system-error.js'
import { TraceKind } from './trace-hash.js'
import type { Wire } from './wire.js'

const MAX_DATAGRAM_BYTES = 65_507

/** A machine whose datagrams may fail to leave. */
export interface DatagramMachine extends Machine {
  /** While set, every datagram sent fails with this code. */
  readonly datagramFault: string | undefined
}

/** Who has joined which group. */
export class MulticastGroups {
  readonly wire: Wire
  readonly #sockets = new Set<SimMulticastSocket>()

  constructor(wire: Wire) {
    this.wire = wire
  }

  join(machine: DatagramMachine, options: MulticastOptions, handlers: MulticastHandlers): SimMulticastSocket {
    const socket = new SimMulticastSocket(this, machine, options, handlers)
    this.#sockets.add(socket)
    return socket
  }

  has(socket: SimMulticastSocket): boolean {
    return this.#sockets.has(socket)
  }

  leave(socket: SimMulticastSocket): void {
    this.#sockets.delete(socket)
  }

  leaveAll(machine: DatagramMachine): void {
    for (const socket of this.#sockets) if (socket.machine === machine) this.#sockets.delete(socket)
  }

  spread(from: SimMulticastSocket, bytes: Uint8Array): void {
    for (const to of this.#sockets) {
      if (to.key !== from.key || (to.machine === from.machine && from.options.loopbackDisabled)) continue
      this.#send(from, to, bytes)
    }
  }

  #send(from: SimMulticastSocket, to: SimMulticastSocket, bytes: Uint8Array): void {
    const link = this.wire.links.between(from.machine.address, to.machine.address)
    for (let copies = this.wire.datagramCopies(link, bytes.length); copies > 0; copies--)
      this.wire.schedule(this.wire.datagramTravelMs(link), new Datagram({ groups: this, link, from, to }, bytes))
  }
}

interface DatagramWay {
  readonly groups: MulticastGroups
  readonly link: Link
  readonly from: SimMulticastSocket
  readonly to: SimMulticastSocket
}

/** One copy of a datagram on its way to one socket. */
class Datagram extends Passage {
  readonly #way: DatagramWay
  readonly #bytes: Uint8Array

  constructor(way: DatagramWay, bytes: Uint8Array) {
    super(way.link)
    this.#way = way
    this.#bytes = bytes
  }

  protected override isLost(): boolean {
    return this.link.losesDatagrams || !this.#way.groups.has(this.#way.to)
  }

  protected arrive(): void {
    const { wire } = this.#way.groups
    const { process } = this.#way.to.machine
    wire.reads.put(this.#bytes, 0)
    wire.trace.note(TraceKind.datagram, wire.clock.now(), this.link, wire.reads.words, this.#bytes.length)
    if (process.isRunning) this.#hand()
    else process.run('datagram', () => this.#read())
  }

  /** Later: another one may have used the buffer meanwhile. */
  #read(): void {
    this.#way.groups.wire.reads.put(this.#bytes, 0)
    this.#hand()
  }

  #hand(): void {
    const { reads } = this.#way.groups.wire
    this.#way.to.received(reads.view(this.#bytes.length), this.#way.from)
    reads.spoil(this.#bytes.length)
  }
}

/** A datagram socket that has joined one group. */
export class SimMulticastSocket implements MulticastSocket {
  readonly machine: DatagramMachine
  readonly options: MulticastOptions
  readonly key: string
  readonly #groups: MulticastGroups
  readonly #handlers: MulticastHandlers
  #isClosed = false

  constructor(
    groups: MulticastGroups,
    machine: DatagramMachine,
    options: MulticastOptions,
    handlers: MulticastHandlers,
  ) {
    this.#groups = groups
    this.machine = machine
    this.options = options
    this.key = `${options.group}:${options.port}`
    this.#handlers = handlers
  }

  async send(bytes: Uint8Array): Promise<void> {
    const { machine } = this
    if (this.#isClosed) throw new SystemError('send', 'ERR_SOCKET_DGRAM_NOT_RUNNING')
    if (bytes.length > MAX_DATAGRAM_BYTES) throw new SystemError('send', 'EMSGSIZE')
    if (machine.datagramFault) throw new SystemError('send', machine.datagramFault, this.key)
    if (!machine.process.isRunning) return
    machine.counters.datagramsSent++
    if (bytes.length > this.#groups.wire.mtuBytes) machine.counters.datagramsTooLarge++
    machine.counters.datagramBytesSent += bytes.length
    this.#groups.spread(this, new Uint8Array(bytes))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#groups.leave(this)
  }

  received(bytes: Uint8Array, from: SimMulticastSocket): void {
    if (this.#isClosed) return
    const { counters } = this.machine
    counters.datagramsReceived++
    counters.datagramBytesReceived += bytes.length
    this.#handlers.datagram(bytes, { host: from.machine.address, port: from.options.port })
  }
}
