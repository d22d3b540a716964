/** Datagrams of one voice that overtake each other by more than this are lost. A heartbeat comes twice a second. */
const BITS = 256

/**
 * Which counters of one voice have been heard: the highest, and a bit for each of the 256 up to it. What lies further back counts as heard, and so does all
 * that was said before the first one heard here: a recording of it is good for nothing. No clock is involved.
 *
 *      counts as heard │ 1 0 1 1 … 1 1 0 1 │ not heard yet
 *                      └ highest − 255     └ highest
 */
export class ReplayWindow {
  readonly #heard = new Uint32Array(BITS / 32).fill(0xffff_ffff)
  #highest: number

  /** `first` has been heard. */
  constructor(first: number) {
    this.#highest = first
  }

  has(counter: number): boolean {
    if (counter > this.#highest) return false
    if (counter <= this.#highest - BITS) return true
    return (this.#heard[wordOf(counter)]! & bitOf(counter)) !== 0
  }

  /** To be called only for what was authenticated: a made-up counter would shut out the true ones. */
  add(counter: number): void {
    const isNewest = counter > this.#highest
    if (isNewest) this.#moveTo(counter)
    else if (counter <= this.#highest - BITS) return
    this.#heard[wordOf(counter)]! |= bitOf(counter)
  }

  /** The bits of those in between are the ones of counters that have just fallen out. */
  #moveTo(counter: number): void {
    const from = Math.max(this.#highest, counter - BITS) + 1
    for (let skipped = from; skipped < counter; skipped++) this.#heard[wordOf(skipped)]! &= ~bitOf(skipped)
    this.#highest = counter
  }
}

function wordOf(counter: number): number {
  return Math.floor((counter % BITS) / 32)
}

function bitOf(counter: number): number {
  return 1 << (counter % 32)
}
