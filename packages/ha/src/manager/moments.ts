/** As many as are remembered one by one. */
const MOST_MOMENTS = 1_024

/**
 * When something happened, by name. What is old is found without looking at all the others: somebody who comes and goes under thousands of names must not make everything that is asked
 * of them slow, nor fill the memory: of the longest gone only that there were some is remembered, and until when.
 */
export class Moments {
  readonly #atMs = new Map<string, number>()
  /** None is older, and none is younger. */
  #oldestMs = Number.POSITIVE_INFINITY
  #newestMs = Number.NEGATIVE_INFINITY
  /** The latest of those whose names are forgotten. */
  #namelessMs = Number.NEGATIVE_INFINITY

  get size(): number {
    return this.#atMs.size
  }

  /** Nothing is remembered, with or without a name. */
  get isEmpty(): boolean {
    return this.#atMs.size === 0 && this.#namelessMs === Number.NEGATIVE_INFINITY
  }

  has(name: string): boolean {
    return this.#atMs.has(name)
  }

  get(name: string): number | undefined {
    return this.#atMs.get(name)
  }

  set(name: string, atMs: number): void {
    this.#atMs.delete(name)
    this.#atMs.set(name, atMs)
    if (this.#atMs.size > MOST_MOMENTS) this.#forgetName()
    this.#oldestMs = Math.min(this.#oldestMs, atMs)
    this.#newestMs = Math.max(this.#newestMs, atMs)
  }

  delete(name: string): boolean {
    return this.#atMs.delete(name)
  }

  /** The names of all that happened at `ms` or later. */
  since(ms: number): readonly string[] {
    return [...this.#atMs].filter(([, atMs]) => atMs >= ms).map(([name]) => name)
  }

  hasAnySince(ms: number): boolean {
    if (this.isEmpty || this.#newestMs < ms) return false
    if (this.#namelessMs >= ms) return true
    for (const atMs of this.#atMs.values()) if (atMs >= ms) return true
    return false
  }

  deleteBefore(ms: number): void {
    if (this.#namelessMs < ms) this.#namelessMs = Number.NEGATIVE_INFINITY
    if (this.#oldestMs >= ms) return
    this.#oldestMs = Number.POSITIVE_INFINITY
    for (const [name, atMs] of this.#atMs) {
      if (atMs < ms) this.#atMs.delete(name)
      else this.#oldestMs = Math.min(this.#oldestMs, atMs)
    }
  }

  /** A map keeps its order of insertion. */
  #forgetName(): void {
    const [first] = this.#atMs
    this.#atMs.delete(first![0])
    this.#namelessMs = Math.max(this.#namelessMs, first![1])
  }
}
