import type { MulticastHandlers, MulticastOptions, MulticastSocket } from '@clowder/tribes'
import type { SimHost } from './sim-host.js'
import { SystemError } from './system-error.js'
import type { Wire } from './wire.js'

const MAX_DATAGRAM_BYTES = 65_507

/** Who has joined which group. */
export class MulticastGroups {
  readonly #wire: Wire
  readonly #sockets = new Set<SimMulticastSocket>()

  constructor(wire: Wire) {
    this.#wire = wire
  }

  join(host: SimHost, options: MulticastOptions, handlers: MulticastHandlers): SimMulticastSocket {
    const socket = new SimMulticastSocket(this, host, options, handlers)
    this.#sockets.add(socket)
    return socket
  }

  leave(socket: SimMulticastSocket): void {
    this.#sockets.delete(socket)
  }

  leaveAll(host: SimHost): void {
    for (const socket of this.#sockets) if (socket.host === host) this.#sockets.delete(socket)
  }

  spread(from: SimMulticastSocket, bytes: Uint8Array): void {
    for (const to of this.#sockets) {
      if (to.key !== from.key || (to.host === from.host && from.options.loopbackDisabled)) continue
      for (let copies = this.#wire.datagramCopies(); copies > 0; copies--) this.#send(from, to, bytes)
    }
  }

  #send(from: SimMulticastSocket, to: SimMulticastSocket, bytes: Uint8Array): void {
    const { links, clock, trace } = this.#wire
    clock.setTimer(this.#wire.latencyMs(), () => {
      if (!this.#sockets.has(to) || links.dropsDatagrams(from.host.address, to.host.address)) return
      trace.add(`${clock.now()} datagram ${from.host.address} ${to.host.address}`, bytes)
      to.host.process.run('datagram', () => to.received(Uint8Array.from(bytes), from))
    })
  }
}

/** A datagram socket that has joined one group. */
export class SimMulticastSocket implements MulticastSocket {
  readonly host: SimHost
  readonly options: MulticastOptions
  readonly key: string
  readonly #groups: MulticastGroups
  readonly #handlers: MulticastHandlers
  #isClosed = false

  constructor(groups: MulticastGroups, host: SimHost, options: MulticastOptions, handlers: MulticastHandlers) {
    this.#groups = groups
    this.host = host
    this.options = options
    this.key = `${options.group}:${options.port}`
    this.#handlers = handlers
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed) throw new SystemError('send', 'ERR_SOCKET_DGRAM_NOT_RUNNING')
    if (bytes.length > MAX_DATAGRAM_BYTES) throw new SystemError('send', 'EMSGSIZE')
    if (this.host.datagramFault) throw new SystemError('send', this.host.datagramFault, this.key)
    if (!this.host.process.isRunning) return
    this.host.counters.datagramsSent++
    this.host.counters.datagramBytesSent += bytes.length
    this.#groups.spread(this, Uint8Array.from(bytes))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#groups.leave(this)
  }

  received(bytes: Uint8Array, from: SimMulticastSocket): void {
    if (this.#isClosed) return
    this.host.counters.datagramsReceived++
    this.host.counters.datagramBytesReceived += bytes.length
    this.#handlers.datagram(bytes, { host: from.host.address, port: from.options.port })
    bytes.fill(0xdd)
  }
}
