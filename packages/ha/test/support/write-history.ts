/** One value that a client wrote, and the one it had read before: what the writer knew is what it replaced. */
export interface Version {
  readonly session: string
  readonly name: string
  readonly number: number
  readonly parent: Version | undefined
}

/** Who wrote what after having seen what, kept apart from everything under test. */
export class WriteHistory {
  readonly #byNumber = new Map<number, Version>()

  add(session: string, name: string, parent: Version | undefined): Version {
    const version = { session, name, number: this.#byNumber.size + 1, parent }
    this.#byNumber.set(version.number, version)
    return version
  }

  get(number: unknown): Version | undefined {
    return this.#byNumber.get(number as number)
  }

  /** Whether `older` (undefined: nothing at all) was replaced, knowingly, on the way to `newer`. */
  isBefore(older: Version | undefined, newer: Version): boolean {
    for (let v = newer.parent; v; v = v.parent) if (v === older) return true
    return older === undefined
  }
}
