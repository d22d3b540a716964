const OFFSET = 0x811c9dc5 | 0
const PRIME = 0x01000193
/** Of longer contents so many words are looked at, evenly spread. */
const SAMPLED_WORDS = 64

/** What is noted of the network, by number. */
export const TraceKind = { connect: 1, data: 2, end: 3, reset: 4, datagram: 5 } as const
export type TraceKind = (typeof TraceKind)[keyof typeof TraceKind]

/** The two ends of a link, by number. */
export interface TracedLink {
  readonly fromNumber: number
  readonly toNumber: number
}

/**
 * A running hash (two lanes of FNV-1a, word by word) of everything that happened, in order: two runs of one seed must end with the same text. Of a
 * delivery it takes in moment, link, length and contents, the contents as a sample when they are long.
 */
export class TraceHash {
  #low = OFFSET
  #high = OFFSET ^ 0x5bd1e995
  #entries = 0
  readonly #moment = new Float64Array(1)
  readonly #momentWords = new Int32Array(this.#moment.buffer)

  /** How many things happened. */
  get entries(): number {
    return this.#entries
  }

  /** For what is rare. */
  add(text: string): void {
    this.#entries++
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i))
  }

  /** The same as `add` of the text with these characters. */
  addBytes(bytes: Uint8Array): void {
    this.#entries++
    for (let i = 0; i < bytes.length; i++) this.#mix(bytes[i]!)
  }

  /** Something passed over a link: its first `length` bytes stand in `words`. */
  note(kind: TraceKind, atMs: number, link: TracedLink, words?: Int32Array, length = 0): void {
    this.#entries++
    this.#moment[0] = atMs
    this.#mix(this.#momentWords[0]!)
    this.#mix(this.#momentWords[1]!)
    this.#mix((kind << 24) ^ (link.fromNumber << 12) ^ link.toNumber)
    this.#mix(length)
    if (words) this.#mixWords(words, length)
  }

  digest(): string {
    return hex(this.#high) + hex(this.#low)
  }

  #mixWords(words: Int32Array, length: number): void {
    const count = length >> 2
    const step = count > SAMPLED_WORDS ? count / SAMPLED_WORDS : 1
    for (let at = 0; at < count; at += step) this.#mix(words[at | 0]!)
    const restBits = (length & 3) << 3
    if (restBits > 0) this.#mix(words[count]! & ((1 << restBits) - 1))
  }

  #mix(value: number): void {
    const low = Math.imul(this.#low ^ value, PRIME)
    this.#low = low ^ (low >>> 17)
    this.#high = Math.imul((this.#high ^ value) + (low >>> 15), PRIME)
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
