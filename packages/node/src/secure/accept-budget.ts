export interface AcceptBudgetOptions {
  readonly maxStrangersPerSecond: number
}

/** A stranger takes a quarter of a millisecond, so five at once, the most that come in one of these, hold up nobody's request for long. */
const SLICE_MS = 50
/** Of what strangers may have in all, so that one of them does not keep out another. */
const SHARE_OF_A_STRANGE_HOST = 1 / 3
/** Two members of a host that come at the same moment are both heard. */
const LEAST_OF_A_HOST = 2
const MOST_PROVEN_HOSTS = 1024

/**
 * How many connections of each host are looked at. Whoever comes is a stranger until it is secure: a burst must not be let in before the first of it has failed. Strange
 * hosts share one allowance; one where a member was found has as much for itself, so a flood from elsewhere keeps no member out. Has no clock.
 */
export class AcceptBudget {
  readonly #perSlice: number
  readonly #perStrangeHost: number
  /** Where a member was found; the one found longest ago first. */
  readonly #proven = new Set<string>()
  /** Let in in this slice, by host; no more of them than may be let in. */
  readonly #spent = new Map<string, number>()
  #left: number
  #endsAtMs = Number.NEGATIVE_INFINITY

  constructor({ maxStrangersPerSecond }: AcceptBudgetOptions) {
    this.#perSlice = Math.max(LEAST_OF_A_HOST, (maxStrangersPerSecond * SLICE_MS) / 1000)
    this.#perStrangeHost = Math.max(LEAST_OF_A_HOST, Math.floor(this.#perSlice * SHARE_OF_A_STRANGE_HOST))
    this.#left = this.#perSlice
  }

  /** False: it is to be closed unheard. */
  admits(host: string, nowMs: number): boolean {
    if (nowMs >= this.#endsAtMs) this.#begin(nowMs)
    const isProven = this.#proven.has(host)
    const spent = this.#spent.get(host) ?? 0
    if (spent + 1 > (isProven ? this.#perSlice : this.#perStrangeHost)) return false
    if (!isProven && this.#left < 1) return false
    if (!isProven) this.#left--
    this.#spent.set(host, spent + 1)
    return true
  }

  /** One that was let in was no stranger. */
  wasMember(host: string): void {
    const spent = this.#spent.get(host)
    if (spent) this.#spent.set(host, spent - 1)
    if (spent && !this.#proven.has(host)) this.#left++
    this.proved(host)
  }

  /** A member is there. */
  proved(host: string): void {
    this.#proven.delete(host)
    this.#proven.add(host)
    if (this.#proven.size <= MOST_PROVEN_HOSTS) return
    const [oldest] = this.#proven
    this.#proven.delete(oldest!)
  }

  #begin(nowMs: number): void {
    this.#endsAtMs = nowMs + SLICE_MS
    this.#left = this.#perSlice
    this.#spent.clear()
  }
}
