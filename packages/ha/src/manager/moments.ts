/**
 * When something happened, by name. What is old is found without looking at all the others: somebody who comes and goes under thousands of names must not make everything that is asked
 * of them slow.
 */
export class Moments {
  readonly #atMs = new Map<string, number>()
  /** None is older, and none is younger. */
  #oldestMs = Number.POSITIVE_INFINITY
  #newestMs = Number.NEGATIVE_INFINITY

  get size(): number {
    return this.#atMs.size
  }

  has(name: string): boolean {
    return this.#atMs.has(name)
  }

  get(name: string): number | undefined {
    return this.#atMs.get(name)
  }

  set(name: string, atMs: number): void {
    this.#atMs.set(name, atMs)
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
    if (this.#newestMs < ms) return false
    for (const atMs of this.#atMs.values()) if (atMs >= ms) return true
    return false
  }

  deleteBefore(ms: number): void {
    if (this.#oldestMs >= ms) return
    this.#oldestMs = Number.POSITIVE_INFINITY
    for (const [name, atMs] of this.#atMs) {
      if (atMs < ms) this.#atMs.delete(name)
      else this.#oldestMs = Math.min(this.#oldestMs, atMs)
    }
  }
}
