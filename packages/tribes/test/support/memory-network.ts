import type {
  Address,
  HostAddress,
  Listener,
  MulticastSocket,
  Network,
  Stream,
  StreamHandlers,
} from '../../src/ports/network.js'
import type { Dice } from './dice.js'
import type { VirtualClock } from './virtual-clock.js'

export interface MemoryNetworkOptions {
  readonly latencyMs: number
  /** What the kernel takes before `write` answers false. */
  readonly kernelBytes: number
}

/** Streams in one process. They copy, limit, split and join like the wire does, and fail when told to. */
export class MemoryNetwork {
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly options: MemoryNetworkOptions
  readonly #listening = new Map<string, (stream: Stream) => void>()
  readonly pipes = new Set<Pipe>()
  /** host:port that answer no connect at all. */
  readonly blackholes = new Set<string>()
  /** Called with both directions of each new pipe. */
  onPipe: (pipe: Pipe) => void = () => {}
  #ports = 50_000

  constructor(clock: VirtualClock, dice: Dice, options: Partial<MemoryNetworkOptions> = {}) {
    this.clock = clock
    this.dice = dice
    this.options = { latencyMs: 1, kernelBytes: 1 << 20, ...options }
  }

  /** The network as one host sees it. */
  host(host: string, addresses?: readonly HostAddress[]): Network {
    const own: readonly HostAddress[] = addresses ?? [{ address: host, family: 4, internal: false }]
    return {
      joinMulticast: () => Promise.reject<MulticastSocket>(new Error('no multicast here')),
      listen: async (address, accept) => this.#listen(address, accept),
      connect: (address, timeoutMs) => this.#connect({ host, port: this.#ports++ }, address, timeoutMs),
      resolve: async name => [name],
      hostAddresses: () => own,
    }
  }

  /** Breaks every connection at once; what is on its way is lost. */
  breakAll(): void {
    for (const pipe of [...this.pipes]) pipe.break()
  }

  #listen(address: Address, accept: (stream: Stream) => void): Listener {
    const bound = address.port === 0 ? { ...address, port: this.#ports++ } : address
    const key = keyOf(bound)
    if (this.#listening.has(key)) throw systemError('EADDRINUSE', `listen EADDRINUSE: address already in use ${key}`)
    this.#listening.set(key, accept)
    return { address: bound, close: async () => void this.#listening.delete(key) }
  }

  #connect(from: Address, to: Address, timeoutMs: number): Promise<Stream> {
    return new Promise((resolve, reject) => {
      if (this.blackholes.has(keyOf(to))) {
        return void this.clock.setTimer(timeoutMs, () =>
          reject(systemError('ETIMEDOUT', `connect ETIMEDOUT ${keyOf(to)}`)),
        )
      }
      this.clock.setTimer(this.options.latencyMs, () => {
        const accept = this.#listening.get(keyOf(to))
        if (!accept) return reject(systemError('ECONNREFUSED', `connect ECONNREFUSED ${keyOf(to)}`))
        const pipe = new Pipe(this, from, to)
        this.pipes.add(pipe)
        resolve(pipe.dialled)
        this.clock.setTimer(this.options.latencyMs, () => accept(pipe.accepted))
        this.onPipe(pipe)
      })
    })
  }
}

/** Both ends of one connection. */
export class Pipe {
  readonly dialled: MemoryStream
  readonly accepted: MemoryStream
  readonly network: MemoryNetwork
  /** Nothing arrives any more, and nobody is told. */
  isSilent = false

  constructor(network: MemoryNetwork, from: Address, to: Address) {
    this.network = network
    this.dialled = new MemoryStream(this, from, to)
    this.accepted = new MemoryStream(this, to, from)
    this.dialled.peer = this.accepted
    this.accepted.peer = this.dialled
  }

  /** A reset: both ends hear of it, what is on its way is lost. */
  break(): void {
    this.dialled.reset()
    this.accepted.reset()
  }
}

export class MemoryStream implements Stream {
  readonly local: Address
  readonly remote: Address
  peer!: MemoryStream
  readonly #pipe: Pipe
  #handlers: StreamHandlers | undefined
  #early: (() => void)[] = []
  /** Given to `write` by reference; the kernel has no room yet. */
  #buffered: Uint8Array[] = []
  /** In the kernel and on the wire, on the way to the peer. */
  #transit = Buffer.alloc(0)
  #isScheduled = false
  #isPaused = false
  #isEnding = false
  #isClosed = false
  #wantsDrain = false
  /** The connection breaks when so much has reached the peer. */
  breakAfterBytes = Number.POSITIVE_INFINITY

  constructor(pipe: Pipe, local: Address, remote: Address) {
    this.#pipe = pipe
    this.local = local
    this.remote = remote
  }

  get bufferedBytes(): number {
    return this.#buffered.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  open(handlers: StreamHandlers): void {
    this.#handlers = handlers
    this.#network.clock.setTimer(0, () => {
      for (const event of this.#early.splice(0)) event()
    })
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#isClosed || this.#isEnding) return false
    this.#buffered.push(...chunks)
    this.#fillKernel()
    this.#wantsDrain = this.#buffered.length > 0
    return !this.#wantsDrain
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.peer.#schedule()
  }

  end(): void {
    this.#isEnding = true
    this.#schedule()
  }

  destroy(error?: Error): void {
    if (this.#isClosed) return
    this.#close(error)
    this.#network.clock.setTimer(this.#network.options.latencyMs, () => this.peer.reset())
  }

  reset(): void {
    if (!this.#isClosed && !this.#pipe.isSilent)
      this.#close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  }

  get #network(): MemoryNetwork {
    return this.#pipe.network
  }

  #fillKernel(): void {
    let room = this.#network.options.kernelBytes - this.#transit.length
    for (let chunk = this.#buffered[0]; chunk !== undefined && room > 0; chunk = this.#buffered[0]) {
      const taken = chunk.subarray(0, room)
      this.#transit = Buffer.concat([this.#transit, taken])
      if (taken.length === chunk.length) this.#buffered.shift()
      else this.#buffered[0] = chunk.subarray(taken.length)
      room -= taken.length
    }
    this.#schedule()
  }

  #schedule(): void {
    const isIdle = this.#transit.length === 0 && !this.#isEnding
    if (isIdle || this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    this.#network.clock.setTimer(this.#network.options.latencyMs, () => {
      this.#isScheduled = false
      this.#deliver()
    })
  }

  /** Hands the peer a piece of what is on its way: all, or cut anywhere. */
  #deliver(): void {
    if (this.#isClosed || this.#pipe.isSilent || this.peer.#isPaused) return
    const bytes =
      this.#network.dice.below(2) === 0 ? this.#transit.length : this.#network.dice.below(this.#transit.length + 1)
    const piece = Buffer.from(this.#transit.subarray(0, Math.min(bytes, this.breakAfterBytes)))
    this.#transit = this.#transit.subarray(piece.length)
    this.breakAfterBytes -= piece.length
    if (piece.length > 0) this.peer.#hear(piece)
    if (this.breakAfterBytes === 0) this.#pipe.break()
    if (this.#isClosed) return
    this.#fillKernel()
    this.#drainIfEmpty()
    if (this.#transit.length === 0 && this.#buffered.length === 0 && this.#isEnding) this.#finish()
  }

  #drainIfEmpty(): void {
    if (!this.#wantsDrain || this.#buffered.length > 0) return
    this.#wantsDrain = false
    this.#tell(handlers => handlers.drained())
  }

  #finish(): void {
    this.#close(undefined)
    this.peer.#peerEnded()
  }

  /** As with `allowHalfOpen: false`: what we had written still leaves, then this end closes too. */
  #peerEnded(): void {
    if (!this.#isClosed) this.#close(undefined)
  }

  /** The bytes are the handler's during the call only. */
  #hear(piece: Buffer): void {
    this.#tell(handlers => {
      handlers.data(piece)
      piece.fill(0xee)
    })
  }

  #close(error: Error | undefined): void {
    this.#isClosed = true
    this.#network.pipes.delete(this.#pipe)
    this.#tell(handlers => handlers.closed(error))
  }

  #tell(event: (handlers: StreamHandlers) => void): void {
    if (this.#handlers && this.#early.length === 0) event(this.#handlers)
    else this.#early.push(() => event(this.#handlers!))
  }
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

function keyOf(address: Address): string {
  return `${address.host}:${address.port}`
}
