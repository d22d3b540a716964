const SECOND_MS = 1000

/** How often one host has dialled one address within a second, at most. */
export class DialRate {
  readonly #latest = new Map<string, number[]>()
  #most = 0

  get most(): number {
    return this.#most
  }

  count(address: string, nowMs: number): void {
    const latest = this.#latest.get(address) ?? []
    this.#latest.set(address, latest)
    latest.push(nowMs)
    while (latest[0]! <= nowMs - SECOND_MS) latest.shift()
    this.#most = Math.max(this.#most, latest.length)
  }
}
