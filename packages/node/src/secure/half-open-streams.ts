import type { Socket } from 'node:net'

export interface HalfOpenOptions {
  /** @default 64 */
  readonly maxHalfOpen: number
  /** @default 16 */
  readonly maxHalfOpenPerAddress: number
}

/**
 * Connections whose peer is not authenticated yet. There are never more than the limits allow, and nobody is locked out: for one too many of an address its oldest gives
 * way, for one too many in all the oldest of the address that has most. A member needs a few milliseconds, so it is through before a flood has pushed it out, and a
 * flood from elsewhere pushes itself. (Members that share an address, as on loopback, share its limit.)
 */
export class HalfOpenStreams {
  readonly #options: HalfOpenOptions
  /** By address, in the order of arrival. */
  readonly #byAddress = new Map<string, Set<Socket>>()
  #size = 0
  /** Pushed out by newer ones. */
  gaveWay = 0

  constructor(options: HalfOpenOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  /** True: another one was destroyed for it. `leave` must follow, with the same address. */
  enter(socket: Socket, address: string): boolean {
    const before = this.gaveWay
    const { maxHalfOpen, maxHalfOpenPerAddress } = this.#options
    if ((this.#byAddress.get(address)?.size ?? 0) >= maxHalfOpenPerAddress) this.#giveWay(address)
    else if (this.#size >= maxHalfOpen) this.#giveWay(this.#largest())
    const sockets = this.#byAddress.get(address) ?? new Set()
    this.#byAddress.set(address, sockets.add(socket))
    this.#size++
    return this.gaveWay > before
  }

  /** Authenticated, refused or broken. */
  leave(socket: Socket, address: string): void {
    const sockets = this.#byAddress.get(address)
    if (!sockets?.delete(socket)) return
    this.#size--
    if (sockets.size === 0) this.#byAddress.delete(address)
  }

  /** The listener closes. */
  destroyAll(): void {
    for (const sockets of this.#byAddress.values()) for (const socket of sockets) socket.destroy()
  }

  #giveWay(address: string): void {
    const [oldest] = this.#byAddress.get(address) ?? []
    if (!oldest) return
    this.gaveWay++
    this.leave(oldest, address)
    oldest.destroy()
  }

  #largest(): string {
    const [first = ['', new Set()], ...others] = this.#byAddress
    return others.reduce((most, one) => (one[1].size > most[1].size ? one : most), first)[0]
  }
}
