import type { Socket } from 'node:net'
import type { Address, Listener, Stream } from '@clowder/tribes'
import { nodeClock } from '../node-clock.js'
import { timeoutError } from '../node-dial.js'
import { listenForSockets, type NodeListener } from '../node-listener.js'
import { addressOf } from '../node-stream.js'
import type { AcceptBudget } from './accept-budget.js'
import { Deadline } from './deadline.js'
import type { HalfOpenStreams } from './half-open-streams.js'
import type { SecureReport } from './secure-report.js'
import { acceptStream, type SecureSpeaker } from './secure-stream.js'

export interface SecureListenerComponents {
  readonly speaker: SecureSpeaker
  readonly report: SecureReport
  /** Shared by all listeners of a member. */
  readonly halfOpen: HalfOpenStreams
  readonly budget: AcceptBudget
}

export interface SecureListenerOptions {
  readonly greetingTimeoutMs: number
  readonly handshakeTimeoutMs: number
}

/** Hands a stream up when its peer is authenticated, and not before; what is not by then costs a socket for a bounded time, and too many of them are not let in. */
export class SecureListener implements Listener {
  readonly #components: SecureListenerComponents
  readonly #options: SecureListenerOptions
  readonly #accept: (stream: Stream) => void
  /** Accepted here and not secure yet. */
  readonly #pending = new Set<Socket>()
  #listener: NodeListener | undefined

  constructor(components: SecureListenerComponents, options: SecureListenerOptions, accept: (stream: Stream) => void) {
    this.#components = components
    this.#options = options
    this.#accept = accept
  }

  /** Rejects with the system's error. */
  async open(address: Address): Promise<this> {
    this.#listener = await listenForSockets(address, socket => this.#accepted(socket))
    return this
  }

  get address(): Address {
    return this.#listener!.address
  }

  /** Streams that were handed up live on. */
  close(): Promise<void> {
    for (const socket of this.#pending) socket.destroy()
    return this.#listener!.close()
  }

  /** What is closed unheard costs no more than Node's own accepting and closing: no answer is made, and no deadline. */
  #accepted(socket: Socket): void {
    const { budget, report } = this.#components
    const remote = addressOf(socket.remoteAddress, socket.remotePort)
    if (budget.admits(remote.host, nodeClock.now())) return void this.#admitted(socket, remote)
    socket.destroy()
    report.shed(remote.host)
  }

  async #admitted(socket: Socket, remote: Address): Promise<void> {
    const { budget, report } = this.#components
    const deadline = new Deadline(socket, timeoutMs => timeoutError(remote, timeoutMs, 'it was not secure'))
    const settle = this.#enter(socket, remote, deadline)
    try {
      const stream = await this.#secured(socket, remote, deadline)
      settle()
      budget.wasMember(remote.host)
      report.stats.accepted++
      this.#accept(stream)
    } catch (error) {
      report.failed(remote, deadline.error ?? (error as Error))
    }
  }

  /** Answers what takes it out again, which also happens when it closes. */
  #enter(socket: Socket, { host }: Address, deadline: Deadline): () => void {
    const { halfOpen, report } = this.#components
    const settle = () => {
      deadline.clear()
      this.#pending.delete(socket)
      halfOpen.leave(socket, host)
    }
    // From the first moment: an error that nobody listens to would end the process.
    socket
      .unref()
      .setNoDelay(true)
      .on('error', () => {})
      .once('close', settle)
    if (halfOpen.enter(socket, host)) report.crowded(host)
    this.#pending.add(socket)
    return settle
  }

  async #secured(socket: Socket, remote: Address, deadline: Deadline): Promise<Stream> {
    const { greetingTimeoutMs, handshakeTimeoutMs } = this.#options
    deadline.set(greetingTimeoutMs)
    const toldToGoOn = () => deadline.set(handshakeTimeoutMs)
    return acceptStream(socket, remote, this.#components.speaker, toldToGoOn)
  }
}
