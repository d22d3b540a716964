import type { MulticastHandlers, MulticastOptions, MulticastSocket } from '@clowder/tribes'
import { type Family, familyOf } from './datagram-family.js'
import { DatagramSocket } from './datagram-socket.js'

/** Errors that say: from here no way leads to that group. Not EPERM or ENOBUFS, which say that a way exists and is closed. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ENODEV'])

/** Rejects with the system's error when the group can be joined nowhere. */
export async function joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket> {
  const family = familyOf(options.group)
  const socket = await DatagramSocket.open(family, family.receivingAddress(options), options, handlers)
  try {
    if (options.bind !== undefined) return joinAt(socket, family.interfaceAt(options.bind), options.group)
    if (options.loopbackDisabled) return joinAt(socket, undefined, options.group)
    return await joinAnywhere(socket, family, options, handlers)
  } catch (error) {
    await socket.close()
    throw error
  }
}

function joinAt(socket: DatagramSocket, at: string | undefined, group: string): MulticastSocket {
  socket.join(group, at)
  if (at !== undefined) socket.sendVia(at)
  return socket
}

async function joinAnywhere(
  socket: DatagramSocket,
  family: Family,
  options: MulticastOptions,
  handlers: MulticastHandlers,
): Promise<MulticastSocket> {
  const loopback = family.loopbackInterface()
  const errors = [undefined, loopback].map(at => errorOf(() => socket.join(options.group, at)))
  if (errors.every(error => error !== undefined)) throw errors[0]
  if (errors[1] !== undefined) return socket
  const sender = await DatagramSocket.open(family, { address: family.loopback, port: 0 }, options, handlers)
  sender.sendVia(loopback)
  return new TwoWays(socket, sender, options.group)
}

/**
 * Speaks on the system's choice of interface, and on loopback as long as there is none: a laptop without network, or a container with none, still has a
 * cluster of its own processes. When a network comes up later, the next datagram finds it.
 */
class TwoWays implements MulticastSocket {
  readonly #outward: DatagramSocket
  readonly #loopback: DatagramSocket
  readonly #group: string
  #isJoined = false

  constructor(outward: DatagramSocket, loopback: DatagramSocket, group: string) {
    this.#outward = outward
    this.#loopback = loopback
    this.#group = group
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (!this.#isJoined) this.#join()
    try {
      await this.#outward.send(bytes)
    } catch (error) {
      if (!NO_ROUTE.has((error as NodeJS.ErrnoException).code ?? '')) throw error
      await this.#loopback.send(bytes)
      this.#isJoined = false
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#outward.close(), this.#loopback.close()])
  }

  /** An interface that went has taken our membership with it; one that is not up yet cannot be joined before it is. */
  #join(): void {
    this.#isJoined = errorOf(() => this.#outward.join(this.#group, undefined)) === undefined
  }
}

function errorOf(act: () => void): Error | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return error as Error
  }
}
