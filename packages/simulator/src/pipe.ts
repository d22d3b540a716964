import { SimEvent } from './event-queue.js'
import { InFlight } from './in-flight.js'
import type { Link } from './link.js'
import { TraceKind } from './trace-hash.js'
import type { Wire } from './wire.js'

/** The receiving end of a pipe. */
export interface PipeReceiver {
  /** False: nobody reads at the moment; `wake` will be called. */
  readonly isReading: boolean
  /** False: the socket is gone; what arrives is answered with a reset. */
  readonly isOpen: boolean
  /** False: nothing answers there; `wake` will be called. */
  readonly isReachable: boolean
  data(bytes: Uint8Array): void
  ended(): void
  /** It has brought as many bytes as it may: both ends are reset. */
  broke(): void
}

/** The sending end of a pipe. */
export interface PipeSender {
  /** False: what is in its process's buffer stays there. */
  readonly isRunning: boolean
  drained(): void
  /** What was sent arrived at a socket that is gone. */
  refused(): void
}

/** Above this many bytes in the process's own buffer, `write` asks to wait. */
const HIGH_WATER_BYTES = 16_384

/**
 * One direction of a stream. Bytes keep their order and lose their boundaries: what arrives is cut off at random, or joined with what came before.
 *
 *     write ─▶ unsent (the process's buffer) ─▶ in flight (kernels and cable: at most `windowBytes`) ─▶ data
 *
 * A link that lets nothing pass, or a receiver that does not read, lets the window fill, then the buffer; nothing is lost, and nobody is told. A pipe is
 * itself the event of its next arrival: there is one at most.
 */
export class Pipe extends SimEvent {
  readonly #wire: Wire
  readonly #link: Link
  readonly #sender: PipeSender
  readonly #receiver: PipeReceiver
  readonly #unsent: Uint8Array[] = []
  #unsentBytes = 0
  readonly #inFlight = new InFlight()
  #breaksAfterBytes: number
  #needsDrain = false
  #isEnding = false
  /** Nothing arrives any more. */
  #isDone = false

  constructor(wire: Wire, ends: { link: Link; sender: PipeSender; receiver: PipeReceiver }) {
    super()
    this.#wire = wire
    this.#link = ends.link
    this.#sender = ends.sender
    this.#receiver = ends.receiver
    this.#breaksAfterBytes = wire.resetAfterBytes(ends.link)
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
    this.#forgetUnsent()
    this.end()
  }

  close(): void {
    this.silence()
    this.#forgetUnsent()
  }

  /** Nothing arrives any more; the sender does not know. */
  silence(): void {
    this.#isDone = true
    this.cancel()
  }

  /** When what kernels and cable hold has arrived, if nothing holds it up; absent: they hold nothing. */
  get lastArrivalMs(): number | undefined {
    return this.#isDone ? undefined : this.#inFlight.lastArrivalMs
  }

  /** The way is free again, or the receiver reads again, or the sender runs again. */
  wake(): void {
    this.#fill()
  }

  /** What is on its way arrives in part, now. */
  flush(): void {
    if (this.#isDone || this.#inFlight.bytes === 0 || !this.#canDeliver()) return
    const bytes = this.#wire.partOf(Math.min(this.#inFlight.bytes, this.#wire.reads.size))
    if (bytes > 0) this.#deliver(bytes)
  }

  happen(): void {
    if (!this.#link.isPassable || !this.#receiver.isReachable) return
    if (!this.#receiver.isOpen) this.#refuse()
    else if (this.#receiver.isReading) this.#arrive()
  }

  #add(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#unsent.push(chunk)
    this.#unsentBytes += chunk.length
  }

  #forgetUnsent(): void {
    this.#unsent.length = 0
    this.#unsentBytes = 0
  }

  /** What leaves together arrives together, unless a limited bandwidth draws it apart. */
  #fill(): void {
    if (this.#unsentBytes > 0 && this.#room > 0 && this.#sender.isRunning) {
      const travelMs = this.#wire.streamTravelMs(this.#link)
      while (this.#unsentBytes > 0 && this.#room > 0) this.#launch(travelMs)
    }
    this.#schedule()
  }

  get #room(): number {
    return this.#wire.windowBytes - this.#inFlight.bytes
  }

  #launch(travelMs: number): void {
    const bytes = this.#nextChunk(this.#room)
    this.#unsentBytes -= bytes.length
    this.#inFlight.push(bytes, this.#link.sentAtMs(this.#wire.clock.now(), bytes.length) + travelMs)
  }

  #nextChunk(room: number): Uint8Array {
    const chunk = this.#unsent[0]!
    if (chunk.length > room) this.#unsent[0] = chunk.subarray(room)
    else this.#unsent.shift()
    return chunk.length > room ? chunk.subarray(0, room) : chunk
  }

  #schedule(): void {
    if (this.isScheduled || this.#isDone) return
    const atMs = this.#inFlight.nextArrivalMs
    if (atMs !== undefined) this.#wire.clock.scheduleAt(atMs, this)
    else if (this.#isEnding && this.#unsentBytes === 0) this.#wire.schedule(this.#wire.streamTravelMs(this.#link), this)
  }

  #canDeliver(): boolean {
    return this.#link.isPassable && this.#receiver.isOpen && this.#receiver.isReading
  }

  #refuse(): void {
    this.close()
    this.#sender.refused()
  }

  #arrive(): void {
    if (this.#inFlight.bytes === 0) return this.#finish()
    const mayPass = this.#bytesBeforeBreak()
    if (mayPass <= 0) return this.#break()
    const arrived = this.#inFlight.arrivedBytes(this.#wire.clock.now())
    this.#deliver(this.#wire.readSize(Math.min(arrived, this.#wire.reads.size, mayPass)))
  }

  #finish(): void {
    this.#isDone = true
    this.#wire.trace.note(TraceKind.end, this.#wire.clock.now(), this.#link)
    this.#receiver.ended()
  }

  #deliver(count: number): void {
    const { reads, trace, clock } = this.#wire
    this.#inFlight.take(count, reads)
    trace.note(TraceKind.data, clock.now(), this.#link, reads.words, count)
    this.#fill()
    this.#tellDrained()
    this.#receiver.data(reads.view(count))
    reads.spoil(count)
    this.#countDown(count)
  }

  #tellDrained(): void {
    if (!this.#needsDrain || this.#unsentBytes > 0) return
    this.#needsDrain = false
    this.#wire.clock.setTimer(0, () => this.#sender.drained())
  }

  /** A connection that has outlived the time of resets is not reset any more. */
  #bytesBeforeBreak(): number {
    const own = this.#link.physics.resetAfterBytes ? this.#breaksAfterBytes : Infinity
    return Math.min(own, this.#link.resetAfterBytes)
  }

  #countDown(count: number): void {
    if (this.#bytesBeforeBreak() === Infinity) return
    this.#breaksAfterBytes -= count
    this.#link.resetAfterBytes -= count
    if (this.#bytesBeforeBreak() <= 0) this.#break()
  }

  /** What the link was told to break is broken once. */
  #break(): void {
    if (this.#link.resetAfterBytes <= 0) this.#link.resetAfterBytes = Infinity
    this.#receiver.broke()
  }
}
