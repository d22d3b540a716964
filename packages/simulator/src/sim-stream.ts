import type { Address, StreamHandlers } from '@clowder/tribes'
import type { Link } from './link.js'
import type { Connection, Machine } from './machine.js'
import { Pipe, type PipeReceiver, type PipeSender } from './pipe.js'
import { SystemError } from './system-error.js'
import { TraceKind } from './trace-hash.js'
import type { Wire } from './wire.js'

/** open: both ways · ending: our end was sent, theirs not seen · closed: no handler is called any more. */
type StreamState = 'open' | 'ending' | 'closed'

/** One end of a simulated TCP stream. */
export class SimStream implements Connection, PipeReceiver, PipeSender {
  readonly local: Address
  readonly remote: Address
  readonly #machine: Machine
  readonly #wire: Wire
  #peer!: SimStream
  #out!: Pipe
  #way!: Link
  #handlers: StreamHandlers | undefined
  #state: StreamState = 'open'
  #isPaused = false
  #isSilent = false

  /** The dialling end first. */
  static pair(
    wire: Wire,
    dialler: Machine,
    local: Address,
    acceptor: Machine,
    remote: Address,
  ): [SimStream, SimStream] {
    const ours = new SimStream(wire, dialler, local, remote)
    const theirs = new SimStream(wire, acceptor, remote, local)
    ours.#connect(theirs)
    theirs.#connect(ours)
    return [ours, theirs]
  }

  private constructor(wire: Wire, machine: Machine, local: Address, remote: Address) {
    this.#wire = wire
    this.#machine = machine
    this.local = local
    this.remote = remote
    machine.streams.add(this)
  }

  #connect(peer: SimStream): void {
    this.#peer = peer
    this.#way = this.#wire.links.between(this.#machine.address, peer.#machine.address)
    this.#out = new Pipe(this.#wire, { link: this.#way, sender: this, receiver: peer })
  }

  // ── what its process calls ──

  get bufferedBytes(): number {
    return this.#out.unsentBytes
  }

  open(handlers: StreamHandlers): void {
    this.#handlers = handlers
    this.#peer.#out.wake()
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#state !== 'open' || !this.#machine.process.isRunning) return false
    const { counters } = this.#machine
    counters.writes++
    for (const chunk of chunks) counters.bytesWritten += chunk.length
    return this.#out.write(chunks)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#peer.#out.wake()
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#out.end()
  }

  destroy(error?: Error): void {
    if (this.#state === 'closed') return
    this.#endSomehow()
    this.#close(error)
  }

  // ── what the network calls ──

  get isRunning(): boolean {
    return this.#machine.process.isRunning
  }

  get lastArrivalMs(): number | undefined {
    return this.#out.lastArrivalMs
  }

  get isOpen(): boolean {
    return this.#state !== 'closed'
  }

  get isReachable(): boolean {
    return this.isOpen || this.#machine.isOn
  }

  get isReading(): boolean {
    return this.#handlers !== undefined && !this.#isPaused && this.#machine.isReading
  }

  get peerAddress(): string {
    return this.#way.to
  }

  wake(): void {
    this.#out.wake()
    this.#peer.#out.wake()
  }

  data(bytes: Uint8Array): void {
    this.#machine.counters.bytesRead += bytes.length
    this.#handlers!.data(bytes)
  }

  /** Nobody keeps a half-open connection: the other direction ends too. */
  ended(): void {
    if (this.#state === 'open') this.#out.end()
    this.#close()
  }

  drained(): void {
    this.#machine.process.run('io', () => {
      if (this.#state === 'open') this.#handlers?.drained()
    })
  }

  refused(): void {
    this.#wire.travel(this.#peer.#way, () => this.#wasReset())
  }

  broke(): void {
    this.#peer.#wasReset()
    this.#wasReset()
  }

  abandon(isMachineAlive: boolean): void {
    if (this.#state === 'closed') return
    if (isMachineAlive) this.#endSomehow()
    else this.#out.close()
    this.#state = 'closed'
  }

  reset(): void {
    this.#out.flush()
    this.#peer.#out.flush()
    this.broke()
  }

  silence(): void {
    for (const end of [this, this.#peer]) {
      end.#isSilent = true
      end.#out.silence()
    }
  }

  /** A kernel sends what it has and then the end, or a reset and nothing else. */
  #endSomehow(): void {
    if (this.#wire.resetsOnDestroy()) this.#reset()
    else this.#out.endAbruptly()
  }

  #reset(): void {
    this.#out.close()
    if (!this.#isSilent) this.#wire.travel(this.#way, () => this.#peer.#wasReset())
  }

  #wasReset(): void {
    if (this.#state === 'closed') return
    this.#wire.trace.note(TraceKind.reset, this.#wire.clock.now(), this.#peer.#way)
    this.#out.close()
    this.#close(new SystemError('read', 'ECONNRESET'))
  }

  #close(error?: Error): void {
    this.#state = 'closed'
    this.#machine.streams.delete(this)
    this.#wire.clock.setTimer(0, () => this.#machine.process.run('io', () => this.#handlers?.closed(error)))
  }
}
