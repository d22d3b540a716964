import type { Clock, Timer } from '@clowder/tribes'
import type { Wire } from './wire.js'

/** The receiving end of a pipe. */
export interface PipeReceiver {
  /** False: nobody reads at the moment; `wake` will be called. */
  readonly isReading: boolean
  /** False: the socket is gone; what arrives is answered with a reset. */
  readonly isOpen: boolean
  data(bytes: Uint8Array): void
  ended(): void
}

/** The sending end of a pipe. */
export interface PipeSender {
  drained(): void
  /** What was sent arrived at a socket that is gone. */
  refused(): void
}

interface Segment {
  readonly bytes: Uint8Array
  readonly arrivesMs: number
}

/** Above this many bytes in the process's own buffer, `write` asks to wait. */
const HIGH_WATER_BYTES = 16_384

/**
 * One direction of a stream. Bytes keep their order and lose their boundaries: what arrives is cut off at random, or joined with what came before.
 *
 *     write ─▶ unsent (the process's buffer) ─▶ in flight (kernels and cable: at most `windowBytes`) ─▶ data
 *
 * A cut link, or a receiver that does not read, lets the window fill, then the buffer; nothing is lost, and nobody is told.
 */
export class Pipe {
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #sender: PipeSender
  readonly #receiver: PipeReceiver
  readonly #from: string
  readonly #to: string
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  #inFlight: Segment[] = []
  #inFlightBytes = 0
  #lastArrivalMs = 0
  #needsDrain = false
  #isEnding = false
  #isDone = false
  #arrival: Timer | undefined

  constructor(wire: Wire, ends: { from: string; to: string; sender: PipeSender; receiver: PipeReceiver }) {
    this.#wire = wire
    this.#clock = wire.clock
    this.#from = ends.from
    this.#to = ends.to
    this.#sender = ends.sender
    this.#receiver = ends.receiver
  }

  get unsentBytes(): number {
    return this.#unsentBytes
  }

  write(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.#add(chunk)
    this.#fill()
    this.#needsDrain ||= this.#unsentBytes >= HIGH_WATER_BYTES
    return !this.#needsDrain
  }

  /** Nothing more is written; the end arrives after the last byte. */
  end(): void {
    this.#isEnding = true
    this.#schedule()
  }

  /** The process's buffer is lost; what the kernel has still arrives, then the end. */
  endAbruptly(): void {
    this.#unsent = []
    this.#unsentBytes = 0
    this.end()
  }

  /** Nothing arrives any more. */
  close(): void {
    this.#isDone = true
    this.#arrival?.cancel()
    this.#unsent = []
    this.#unsentBytes = 0
  }

  /** The link was healed, or the receiver reads again. */
  wake(): void {
    this.#schedule()
  }

  #add(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#unsent.push(chunk)
    this.#unsentBytes += chunk.length
  }

  #fill(): void {
    while (this.#unsent.length > 0 && this.#inFlightBytes < this.#wire.windowBytes) this.#launch(this.#unsent[0]!)
    this.#schedule()
  }

  #launch(chunk: Uint8Array): void {
    const room = this.#wire.windowBytes - this.#inFlightBytes
    const bytes = chunk.subarray(0, room)
    if (bytes.length === chunk.length) this.#unsent.shift()
    else this.#unsent[0] = chunk.subarray(room)
    this.#unsentBytes -= bytes.length
    this.#inFlightBytes += bytes.length
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#clock.now() + this.#wire.latencyMs())
    this.#inFlight.push({ bytes, arrivesMs: this.#lastArrivalMs })
  }

  #schedule(): void {
    if (this.#arrival || this.#isDone) return
    const first = this.#inFlight[0]
    if (!first && !(this.#isEnding && this.#unsentBytes === 0)) return
    const delayMs = first ? first.arrivesMs - this.#clock.now() : this.#wire.latencyMs()
    this.#arrival = this.#clock.setTimer(delayMs, () => {
      this.#arrival = undefined
      this.#arrive()
    })
  }

  #arrive(): void {
    if (this.#wire.links.isCut(this.#from, this.#to)) return
    if (!this.#receiver.isOpen) return this.#refuse()
    if (!this.#receiver.isReading) return
    if (this.#inFlight.length > 0) this.#deliver(this.#take())
    else this.#finish()
  }

  #refuse(): void {
    this.close()
    this.#sender.refused()
  }

  #finish(): void {
    this.#isDone = true
    this.#wire.trace.add(`${this.#clock.now()} end ${this.#from} ${this.#to}`)
    this.#receiver.ended()
  }

  #deliver(bytes: Buffer): void {
    this.#wire.trace.add(`${this.#clock.now()} data ${this.#from} ${this.#to}`, bytes)
    this.#inFlightBytes -= bytes.length
    this.#fill()
    this.#tellDrained()
    this.#receiver.data(bytes)
    // The bytes belonged to the handler during the call only: whoever kept them finds this.
    bytes.fill(0xdd)
  }

  #tellDrained(): void {
    if (!this.#needsDrain || this.#unsentBytes > 0) return
    this.#needsDrain = false
    this.#clock.setTimer(0, () => this.#sender.drained())
  }

  /** Everything that has arrived, or a part of it; the rest comes in a turn of its own. */
  #take(): Buffer {
    const now = this.#clock.now()
    const arrived: Uint8Array[] = []
    while (this.#inFlight[0] && this.#inFlight[0].arrivesMs <= now) arrived.push(this.#inFlight.shift()!.bytes)
    const all = Buffer.concat(arrived)
    const count = this.#wire.readSize(all.length)
    if (count < all.length) this.#inFlight.unshift({ bytes: all.subarray(count), arrivesMs: now })
    return count < all.length ? Buffer.from(all.subarray(0, count)) : all
  }
}
