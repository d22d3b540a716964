import type { MulticastHandlers, MulticastOptions, MulticastSocket } from '@clowder/tribes'
import { type Family, familyOf } from './datagram-family.js'
import { DatagramSocket } from './datagram-socket.js'

/** Errors that say: from here no way leads to that group. Not EPERM or ENOBUFS, which say that a way exists and is closed. */
const NO_ROUTE = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ENODEV'])

/** Rejects with the system's error when the group can be joined nowhere, or not on `bind`. */
export async function joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket> {
  const { group, bind, loopbackDisabled } = options
  const family = familyOf(group)
  const socket = await DatagramSocket.open(family, family.receivingAddress(options), options, handlers)
  try {
    if (bind !== undefined) return joinAt(socket, group, family.interfaceOf(bind))
    if (!loopbackDisabled) return await joinBoth(socket, family, options, handlers)
    socket.join(group, undefined)
    return socket
  } catch (error) {
    await socket.close()
    throw error
  }
}

function joinAt(socket: DatagramSocket, group: string, at: string): MulticastSocket {
  socket.join(group, at)
  socket.sendVia(at)
  return socket
}

/** Joined on both at once, a process hears all others of its host, whichever way they were left with. */
async function joinBoth(
  socket: DatagramSocket,
  family: Family,
  options: MulticastOptions,
  handlers: MulticastHandlers,
): Promise<MulticastSocket> {
  const outwardError = errorOf(() => socket.join(options.group, undefined))
  const loopbackError = errorOf(() => socket.join(options.group, family.interfaceOf(family.loopback)))
  if (outwardError && loopbackError) throw outwardError
  if (loopbackError) return socket
  const loopback = await DatagramSocket.open(family, { address: family.loopback, port: 0 }, options, handlers)
  loopback.sendVia(family.interfaceOf(family.loopback))
  return new TwoWays(socket, loopback, options.group)
}

/**
 * Speaks on the system's choice of interface, and on loopback as long as there is none: a laptop without network, or a container with none, still has a
 * cluster of its own processes. When a network comes up later, the next datagram finds it.
 * (Linux has no IPv6 multicast on loopback: there the error of the first way is reported.)
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
      this.#isJoined = false
      await this.#loopback.send(bytes).catch(() => Promise.reject(error))
    }
  }

  pause(): void {
    this.#outward.pause()
  }

  resume(): void {
    this.#outward.resume()
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
