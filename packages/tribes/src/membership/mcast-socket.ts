import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type {
  Address,
  DatagramRefusal,
  MulticastHandlers,
  MulticastOptions,
  MulticastSocket,
  Network,
} from '../ports/network.js'

export interface McastSocketComponents {
  readonly clock: Clock
  readonly network: Network
  readonly logger: Logger
  readonly received: (bytes: Uint8Array, from: Address) => void
  readonly refused: (why: DatagramRefusal, from: Address) => void
  /** What a socket that was opened again says first. */
  readonly greeting: () => Uint8Array
}

export interface McastSocketOptions {
  readonly multicast: MulticastOptions
  readonly recoveryEnabled: boolean
  readonly recoveryCounter: number
  readonly recoverySleepTimeMs: number
}

/**
 * A multicast socket that survives its network. Errors never reach the caller: they are counted, and after `recoveryCounter` of them in a row the
 * socket is closed and another one opened, at once and then every `recoverySleepTime`, until one can send. At most one socket is open at any time.
 *
 *              open()                 errors ≥ recoveryCounter
 *     closed ──────────▶ open ───────────────────────────────────▶ recovering ─┐ every
 *        ▲                │ ▲                                       │    │  ▲   │ recoverySleepTime
 *        └──── close() ───┘ └────── joined, and a greeting sent ────┘    │  └───┘
 *        └───────────────────────────── close() ─────────────────────────┘
 */
export class McastSocket {
  readonly #components: McastSocketComponents
  readonly #options: McastSocketOptions
  #isOpen = false
  /** Absent while recovering. */
  #socket: MulticastSocket | undefined
  #recovery: Promise<void> | undefined
  #retry: Timer | undefined
  #errorsInRow = 0
  #errors = 0
  #recoveries = 0

  constructor(components: McastSocketComponents, options: McastSocketOptions) {
    this.#components = components
    this.#options = options
  }

  /** Failed sends and errors of the socket itself, since it was made. */
  get errors(): number {
    return this.#errors
  }

  get recoveries(): number {
    return this.#recoveries
  }

  /** Rejects with the system's error: what cannot be joined at the start is configured wrongly, and nobody is told to wait. */
  async open(): Promise<void> {
    this.#isOpen = true
    this.#errorsInRow = 0
    this.#socket = await this.#join()
  }

  /** Resolves when the system took the bytes or refused them. While recovering they are dropped: heartbeats are not worth keeping. True: taken. */
  async send(bytes: Uint8Array): Promise<boolean> {
    const socket = this.#socket
    if (!socket) return false
    try {
      await socket.send(bytes)
    } catch (error) {
      if (this.#socket === socket) this.#failed(error)
      return false
    }
    this.#errorsInRow = 0
    return true
  }

  /** Joins the group anew, unless that is being tried already. */
  reopen(): void {
    if (this.#isOpen && this.#socket) this.#attempt(1)
  }

  /** Also waits for an attempt to recover that is under way, so that no socket is left behind. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#retry?.cancel()
    await this.#recovery
    await this.#dropSocket()
  }

  #join(): Promise<MulticastSocket> {
    const handlers: MulticastHandlers = {
      datagram: (bytes, from) => {
        if (this.#isOpen) this.#components.received(bytes, from)
      },
      refused: (why, from) => {
        if (this.#isOpen) this.#components.refused(why, from)
      },
      failed: error => this.#failed(error),
    }
    return this.#components.network.joinMulticast(this.#options.multicast, handlers)
  }

  async #dropSocket(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    await socket?.close()
  }

  #failed(error: unknown): void {
    if (!this.#isOpen) return
    this.#errors++
    this.#errorsInRow++
    this.#log(error)
    const { recoveryEnabled, recoveryCounter } = this.#options
    if (recoveryEnabled && this.#socket && this.#errorsInRow >= recoveryCounter) this.#recover()
  }

  /** The first of a row is worth a warning; a heartbeat that fails twice a second is not worth two lines a second. */
  #log(error: unknown): void {
    const level = this.#errorsInRow === 1 ? 'warn' : 'debug'
    const { group, port } = this.#options.multicast
    this.#components.logger[level]({ err: error, group, port }, 'Unable to multicast a heartbeat.')
  }

  #recover(): void {
    const { group, port } = this.#options.multicast
    this.#components.logger.warn(
      { group, port, errors: this.#errorsInRow },
      'Tribes membership, running recovery, multicasting is not functional.',
    )
    this.#attempt(1)
  }

  #attempt(number: number): void {
    this.#recovery = this.#reopen().then(
      () => this.#recovered(),
      error => this.#recoveryFailed(number, error),
    )
  }

  async #reopen(): Promise<void> {
    await this.#dropSocket()
    const socket = await this.#join()
    if (!this.#isOpen) return socket.close()
    try {
      await socket.send(this.#components.greeting())
    } catch (error) {
      await socket.close()
      throw error
    }
    this.#socket = socket
  }

  #recovered(): void {
    this.#errorsInRow = 0
    this.#recoveries++
    if (this.#isOpen) this.#components.logger.info({}, 'Membership recovery was successful.')
  }

  #recoveryFailed(number: number, error: unknown): void {
    if (!this.#isOpen) return
    const delayMs = this.#options.recoverySleepTimeMs
    // An outage may last for hours.
    const level = number === 1 ? 'warn' : 'debug'
    this.#components.logger[level](
      { err: error, attempt: number },
      `Recovery attempt ${number} failed, trying again in ${delayMs} ms.`,
    )
    this.#retry = this.#components.clock.setTimer(delayMs, () => this.#attempt(number + 1))
  }
}
