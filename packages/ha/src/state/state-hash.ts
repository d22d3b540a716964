import type { SessionState } from './session-state.js'
import { covers, type VersionVector } from './version-vector.js'

/** 64 bits as two signed 32-bit halves: small integers cost no memory of their own. */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

const PRIME_HIGH = 0x01000193
const PRIME_LOW = 0x5bd1e995

/** One running hash of two differently seeded and multiplied lanes. Not cryptographic: it finds differences, it proves nothing. */
class Lanes {
  high: number
  low: number

  constructor(seed: number) {
    this.high = seed ^ 0x2545f491
    this.low = ~seed
  }

  number(value: number): this {
    this.high = Math.imul(this.high ^ value, PRIME_HIGH)
    this.high ^= this.high >>> 15
    this.low = Math.imul(this.low ^ value, PRIME_LOW)
    this.low ^= this.low >>> 13
    return this
  }

  wide(value: number): this {
    return this.number(value | 0).number(Math.floor(value / 0x1_0000_0000))
  }

  text(value: string): this {
    let { high, low } = this
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      high = Math.imul(high ^ code, PRIME_HIGH)
      high ^= high >>> 15
      low = Math.imul(low ^ code, PRIME_LOW)
      low ^= low >>> 13
    }
    this.high = high
    this.low = low
    return this.number(value.length)
  }

  vector(value: VersionVector): this {
    for (const dot of value) this.text(dot.actor).wide(dot.counter)
    return this.number(value.length)
  }

  done(): Hash64 {
    return { high: mixed(this.high), low: mixed(this.low) }
  }
}

/** The low lane after a text, without its length. */
function lowAfter(begun: number, text: string): number {
  let low = begun
  for (let i = 0; i < text.length; i++) low = lowNumber(low, text.charCodeAt(i))
  return low
}

function lowNumber(low: number, value: number): number {
  const next = Math.imul(low ^ value, PRIME_LOW)
  return next ^ (next >>> 13)
}

/** The finalizer of MurmurHash3: every bit of the input moves half of the output. */
function mixed(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A 32-bit hash of a text, ≥ 0: chooses a session's bucket, and names a manager on the wire. */
export function textHash(text: string): number {
  return new Lanes(0).text(text).done().low >>> 0
}

/** Gives the `textHash` of texts that begin with `beginning`, from what follows it: neither is gone through twice, and no text is put together. */
export function textHashFrom(beginning: string): (rest: string) => number {
  const begun = lowAfter(new Lanes(0).low, beginning)
  return rest => {
    const low = lowAfter(begun, rest)
    return mixed(lowNumber(low, beginning.length + rest.length)) >>> 0
  }
}

/**
 * What the digests are made of. Covers the vector and every entry's dot, not the vector alone: two copies with equal vectors can still differ while
 * one of them holds a commit that arrived before its predecessors. The writer counts as well: two nodes' first commits can carry one stamp. So does what a writer had seen
 * beyond the vector: copies that have folded a writer out of their vectors, or have given up a gap, may differ in nothing else. And what is forgotten, by its stamp.
 */
export function stateHash(id: string, state: SessionState): Hash64 {
  const lanes = new Lanes(1).text(id)
  if (state.kind === 'dead') {
    lanes.text(state.reason).wide(state.stamp)
    const { creation, adopted } = state
    if (creation) lanes.text(creation.actor).wide(creation.stamp)
    if (adopted) lanes.text(adopted.actors.join('')).wide(adopted.stamp)
    return lanes.done()
  }
  for (const dot of state.vector) lanes.text(dot.actor).wide(dot.counter)
  lanes.number(state.vector.length)
  if (state.floor) lanes.wide(state.floor)
  for (const entry of state.entries) {
    lanes.text(entry.name).text(entry.actor).wide(entry.stamp).wide(entry.counter)
    if (entry.context && !covers(state.vector, entry.context)) lanes.vector(entry.context)
  }
  return lanes.done()
}
