import type { ReadBuffer } from './read-buffer.js'

interface Segment {
  bytes: Uint8Array
  readonly arrivesMs: number
}

/** The bytes that kernels and cable hold of one direction of a stream, in their order. They are not copied before they are read. */
export class InFlight {
  readonly #segments: Segment[] = []
  #bytes = 0
  #lastArrivalMs = 0

  get bytes(): number {
    return this.#bytes
  }

  /** Absent: nothing is on its way. */
  get nextArrivalMs(): number | undefined {
    return this.#segments[0]?.arrivesMs
  }

  /** Arrives then, or with what left before it. */
  push(bytes: Uint8Array, arrivesMs: number): void {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivesMs)
    this.#segments.push({ bytes, arrivesMs: this.#lastArrivalMs })
    this.#bytes += bytes.length
  }

  /** Of the last byte; absent: nothing is on its way. */
  get lastArrivalMs(): number | undefined {
    return this.#segments.at(-1)?.arrivesMs
  }

  arrivedBytes(nowMs: number): number {
    let bytes = 0
    for (const segment of this.#segments) {
      if (segment.arrivesMs > nowMs) break
      bytes += segment.bytes.length
    }
    return bytes
  }

  /** Moves so many bytes into the buffer that is read from. */
  take(count: number, reads: ReadBuffer): void {
    this.#bytes -= count
    for (let taken = 0; taken < count; ) {
      const segment = this.#segments[0]!
      const { bytes } = segment
      const room = count - taken
      reads.put(bytes.length > room ? bytes.subarray(0, room) : bytes, taken)
      if (bytes.length > room) segment.bytes = bytes.subarray(room)
      else this.#segments.shift()
      taken += bytes.length
    }
  }
}
