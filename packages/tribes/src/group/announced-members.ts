import { type Member, memberText } from '../member.js'
import type { Logger } from '../ports/logger.js'
import type { Address } from '../ports/network.js'

export interface AnnouncedMembersComponents {
  readonly logger: Logger
  /** Opens a connection to whoever listens there; whoever it is becomes a member by it. */
  readonly dial: (address: Address) => Promise<Member>
}

export interface AnnouncedMembersOptions {
  /** Without another announcement for this long a member is not there any more. */
  readonly dropTimeMs: number
}

interface Announced {
  readonly member: Member
  readonly heardAtMs: number
  failures: number
}

/** Whatever is announced, an address is dialled at most once in this time. */
const DIAL_GAP_MS = 1000
const MOST_DIALS_AT_ONCE = 16
/** Of members, and of addresses. Whoever plays many recordings must not fill the memory. */
const MOST_REMEMBERED = 1024
/** By then it is no race of two starts any more, and nobody who says each thing once. */
const FAILURES_TO_TELL = 4

/**
 * Members that announce themselves and are not connected. A datagram tells that somebody said so once, perhaps long ago, and was recorded. So it makes nobody a
 * member: it is a reason to dial, at most once a second and address and sixteen at once, and whoever answers there is a member by its connection.
 */
export class AnnouncedMembers {
  readonly #components: AnnouncedMembersComponents
  readonly #dropTimeMs: number
  readonly #announced = new Map<string, Announced>()
  readonly #dialledAtMs = new Map<string, number>()
  #dialling = 0

  constructor(components: AnnouncedMembersComponents, options: AnnouncedMembersOptions) {
    this.#components = components
    this.#dropTimeMs = options.dropTimeMs
  }

  heard(member: Member, nowMs: number): void {
    const before = this.#announced.get(member.id)
    if (before && member.aliveMs <= before.member.aliveMs) return
    put(this.#announced, member.id, { member, heardAtMs: nowMs, failures: before?.failures ?? 0 })
    this.dial(member, nowMs)
  }

  /** Nothing, when it was dialled a moment ago, or when too many others are being dialled: who is there says so again. */
  dial(address: Address, nowMs: number): void {
    const text = `${address.host}:${address.port}`
    if (this.#dialling >= MOST_DIALS_AT_ONCE) return
    if (nowMs - (this.#dialledAtMs.get(text) ?? Number.NEGATIVE_INFINITY) < DIAL_GAP_MS) return
    put(this.#dialledAtMs, text, nowMs)
    this.#dialling++
    this.#components
      .dial(address)
      .catch(error => this.#failed(address, error))
      .finally(() => this.#dialling--)
  }

  /** It is a member, or it has left. */
  forget(id: string): void {
    this.#announced.delete(id)
  }

  /** How many are there, by what they say, and have not been reached yet. */
  count(nowMs: number): number {
    let count = 0
    for (const { heardAtMs } of this.#announced.values()) if (nowMs - heardAtMs < this.#dropTimeMs) count++
    return count
  }

  /** One warning for each. Below that nobody is told: a recording must not write into the log. */
  #failed(address: Address, cause: Error): void {
    const { logger } = this.#components
    for (const announced of this.#announced.values()) {
      const { member } = announced
      if (member.host !== address.host || member.port !== address.port) continue
      const level = ++announced.failures === FAILURES_TO_TELL ? 'warn' : 'debug'
      const text = `A member announces itself but cannot be reached over TCP, so it is not added:[${memberText(member)}] (${cause.message})`
      logger[level]({ member, err: cause }, text)
    }
  }
}

/** At the end, and without the first where there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= MOST_REMEMBERED) return
  for (const first of map.keys()) {
    map.delete(first)
    return
  }
}
