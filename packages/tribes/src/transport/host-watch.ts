import type { HostAddress } from '../ports/network.js'
import { isLoopback, routableAddress } from './receiver-address.js'

/** Looking at the host's interfaces takes a system call for each, so it is not done more often than this, ms. */
const LOOK_EVERY_MS = 500
/** An interface may be away for a moment; only what has lasted for so long is believed, ms. */
const SETTLED_MS = 1_000
const MOST_REMEMBERED = 8

/**
 * At which of this host's addresses the others can reach it. An address is for life as long as the host has it; when it is gone (another lease, another network),
 * it is one that the host has had before, the earliest first, else what `routableAddress` chooses. So whoever fell back to another interface while its own was down
 * returns when that is up again.
 */
export class HostWatch {
  #current: string
  /** Those that were chosen, the earliest first. */
  readonly #chosen: string[] = []
  #better: { readonly host: string; readonly sinceMs: number } | undefined
  #lookedAtMs = Number.NEGATIVE_INFINITY

  constructor(host: string) {
    this.#current = host
    this.moved(host)
  }

  get current(): string {
    return this.#current
  }

  isDue(nowMs: number): boolean {
    return nowMs - this.#lookedAtMs >= LOOK_EVERY_MS
  }

  /** Where to move, once that has been the better address for a second. */
  look(addresses: readonly HostAddress[], nowMs: number): string | undefined {
    this.#lookedAtMs = nowMs
    const host = this.#best(addresses)
    if (host === this.#current) this.#better = undefined
    else if (this.#better?.host !== host) this.#better = { host, sinceMs: nowMs }
    else if (nowMs - this.#better.sinceMs >= SETTLED_MS) return host
    return undefined
  }

  moved(host: string): void {
    this.#current = host
    this.#better = undefined
    // What only this host can reach is nothing to return to.
    if (isLoopback(host) || this.#chosen.includes(host)) return
    if (this.#chosen.length === MOST_REMEMBERED) this.#chosen.shift()
    this.#chosen.push(host)
  }

  /** Without any address that others can reach it is better to stay. */
  #best(addresses: readonly HostAddress[]): string {
    const known = this.#chosen.find(host => addresses.some(({ address }) => address === host))
    if (known !== undefined) return known
    const found = routableAddress(addresses)
    return isLoopback(found) ? this.#current : found
  }
}
