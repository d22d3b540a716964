/** Which sessions belong together: key → ids, each with a number that orders them. */
export class SessionIndex {
  readonly #sessions = new Map<string, Map<string, number>>()
  readonly #keyOf = new Map<string, string>()

  get size(): number {
    return this.#keyOf.size
  }

  keyOf(id: string): string | undefined {
    return this.#keyOf.get(id)
  }

  /** Ids and their numbers. Changes while it is held. */
  of(key: string): ReadonlyMap<string, number> {
    return this.#sessions.get(key) ?? new Map()
  }

  set(id: string, key: string, order: number): void {
    if (this.#keyOf.get(id) !== key) this.delete(id)
    this.#keyOf.set(id, key)
    const sessions = this.#sessions.get(key) ?? new Map<string, number>()
    this.#sessions.set(key, sessions.set(id, order))
  }

  delete(id: string): void {
    const key = this.#keyOf.get(id)
    if (key === undefined) return
    this.#keyOf.delete(id)
    const sessions = this.#sessions.get(key)!
    sessions.delete(id)
    if (sessions.size === 0) this.#sessions.delete(key)
  }
}
