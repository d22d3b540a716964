import { createSocket, type Socket } from 'node:dgram'
import type { MulticastHandlers, MulticastOptions, MulticastSocket } from '@clowder/tribes'
import type { Family } from './datagram-family.js'
import { DatagramGate } from './datagram-gate.js'

export interface LocalAddress {
  readonly address: string
  readonly port: number
}

/** One UDP socket that speaks to one group. Does not keep the process open; its errors go to `handlers.failed`. */
export class DatagramSocket implements MulticastSocket {
  readonly #socket: Socket
  readonly #options: MulticastOptions
  readonly #gate: DatagramGate
  #isPaused = false
  #closing: Promise<void> | undefined

  /** Rejects with the system's error. */
  static async open(
    family: Family,
    local: LocalAddress,
    options: MulticastOptions,
    handlers: MulticastHandlers,
  ): Promise<DatagramSocket> {
    const socket = createSocket({ type: family.type, reuseAddr: true, ipv6Only: family.type === 'udp6' })
    await bound(socket, local)
    const opened = new DatagramSocket(socket, options, new DatagramGate(socket, options.group))
    opened.#configure(handlers)
    return opened
  }

  private constructor(socket: Socket, options: MulticastOptions, gate: DatagramGate) {
    this.#socket = socket
    this.#options = options
    this.#gate = gate
  }

  /** Throws the system's error. To be a member already is no error. */
  join(group: string, at: string | undefined): void {
    try {
      this.#socket.addMembership(group, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }

  sendVia(at: string): void {
    this.#socket.setMulticastInterface(at)
  }

  /** While it is paused it hears for as long as this takes. */
  async send(bytes: Uint8Array): Promise<void> {
    if (!this.#isPaused) return this.#send(bytes)
    await this.#gate.open()
    await this.#send(bytes)
    if (this.#isPaused) this.pause()
  }

  pause(): void {
    this.#isPaused = true
    if (!this.#closing) this.#gate.close()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#closing) void this.#gate.open()
  }

  close(): Promise<void> {
    this.#gate.forget()
    this.#closing ??= new Promise(resolve => {
      this.#socket.close(resolve)
    })
    return this.#closing
  }

  #send(bytes: Uint8Array): Promise<void> {
    const { group, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, port, group, error => (error ? reject(error) : resolve()))
    })
  }

  #configure(handlers: MulticastHandlers): void {
    const { ttl, loopbackDisabled } = this.#options
    if (ttl !== undefined) this.#socket.setMulticastTTL(ttl)
    this.#socket.setMulticastLoopback(!loopbackDisabled)
    this.#socket
      .on('error', error => handlers.failed(error))
      .on('message', (bytes, { address, port }) => handlers.datagram(bytes, { host: address, port }))
      .unref()
  }
}

/** Exclusive: the workers of `node:cluster` are members of their own, so each needs its own socket. */
function bound(socket: Socket, { address, port }: LocalAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      socket.close()
      reject(error)
    }
    socket.once('error', failed)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', failed)
      resolve()
    })
  })
}
