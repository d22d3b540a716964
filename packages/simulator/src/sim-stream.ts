import type { Address, Stream, StreamHandlers } from '@clowder/tribes'
import { Pipe, type PipeReceiver, type PipeSender } from './pipe.js'
import type { SimHost } from './sim-host.js'
import { SystemError } from './system-error.js'
import type { Wire } from './wire.js'

/** open: both ways · ending: our end was sent, theirs not seen · closed: no handler is called any more. */
type StreamState = 'open' | 'ending' | 'closed'

/** One end of a simulated TCP connection. */
export class SimStream implements Stream, PipeReceiver, PipeSender {
  readonly local: Address
  readonly remote: Address
  readonly #host: SimHost
  readonly #wire: Wire
  #peer!: SimStream
  #out!: Pipe
  #handlers: StreamHandlers | undefined
  #state: StreamState = 'open'
  #isPaused = false

  /** The dialling end first. */
  static pair(
    wire: Wire,
    dialler: SimHost,
    local: Address,
    acceptor: SimHost,
    remote: Address,
  ): [SimStream, SimStream] {
    const ours = new SimStream(wire, dialler, local, remote)
    const theirs = new SimStream(wire, acceptor, remote, local)
    ours.#connect(theirs)
    theirs.#connect(ours)
    return [ours, theirs]
  }

  private constructor(wire: Wire, host: SimHost, local: Address, remote: Address) {
    this.#wire = wire
    this.#host = host
    this.local = local
    this.remote = remote
    host.streams.add(this)
  }

  #connect(peer: SimStream): void {
    this.#peer = peer
    const ends = { from: this.#host.address, to: peer.#host.address, sender: this, receiver: peer }
    this.#out = new Pipe(this.#wire, ends)
  }

  // ── what its process calls ──

  get bufferedBytes(): number {
    return this.#out.unsentBytes
  }

  open(handlers: StreamHandlers): void {
    this.#handlers = handlers
    this.wake()
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#state !== 'open' || !this.#host.process.isRunning) return false
    const { counters } = this.#host
    counters.writes++
    for (const chunk of chunks) counters.bytesWritten += chunk.length
    return this.#out.write(chunks)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.wake()
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#out.end()
  }

  destroy(error?: Error): void {
    if (this.#state === 'closed') return
    if (this.#wire.resetsOnDestroy()) this.#reset()
    else this.#out.endAbruptly()
    this.#close(error)
  }

  // ── what the network calls ──

  get isOpen(): boolean {
    return this.#state !== 'closed'
  }

  get isReading(): boolean {
    return this.#handlers !== undefined && !this.#isPaused && this.#host.isReading
  }

  /** Something that kept this end, or the link to it, from reading is over. */
  wake(): void {
    this.#peer.#out.wake()
  }

  data(bytes: Uint8Array): void {
    this.#host.counters.bytesRead += bytes.length
    this.#handlers!.data(bytes)
  }

  /** Nobody keeps a half-open connection: the other direction ends too. */
  ended(): void {
    if (this.#state === 'open') this.#out.end()
    this.#close()
  }

  drained(): void {
    this.#host.process.run('io', () => {
      if (this.#state === 'open') this.#handlers?.drained()
    })
  }

  refused(): void {
    const from = this.#peer.#host.address
    this.#wire.travel(from, this.#host.address, () => this.#wasReset())
  }

  /** The process died: its kernel resets the connection, unless the machine died with it. */
  abandon(isMachineAlive: boolean): void {
    if (this.#state === 'closed') return
    if (isMachineAlive) this.#reset()
    else this.#out.close()
    this.#state = 'closed'
  }

  #reset(): void {
    this.#out.close()
    this.#wire.travel(this.#host.address, this.#peer.#host.address, () => this.#peer.#wasReset())
  }

  #wasReset(): void {
    if (this.#state === 'closed') return
    this.#wire.trace.add(`${this.#wire.clock.now()} reset ${this.#host.address}`)
    this.#out.close()
    this.#close(new SystemError('read', 'ECONNRESET'))
  }

  #close(error?: Error): void {
    this.#state = 'closed'
    this.#host.streams.delete(this)
    this.#wire.clock.setTimer(0, () => this.#host.process.run('io', () => this.#handlers?.closed(error)))
  }
}
