const OFFSET = 0x811c9dc5
const PRIME = 0x01000193

/** A running hash (two lanes of FNV-1a) of everything that happened, in order: two runs of one seed must end with the same text. */
export class TraceHash {
  #low = OFFSET
  #high = OFFSET ^ 0x5bd1e995
  #entries = 0

  /** How many things happened. */
  get entries(): number {
    return this.#entries
  }

  add(text: string, bytes?: Uint8Array): void {
    this.#entries++
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
    if (bytes) for (const byte of bytes) this.#mix(byte)
  }

  digest(): string {
    return hex(this.#high) + hex(this.#low)
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, PRIME)
    this.#high = Math.imul((this.#high ^ value) + (this.#low >>> 15), PRIME)
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
