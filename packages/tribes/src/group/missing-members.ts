import type { Address } from '../ports/network.js'
import type { Random } from '../ports/random.js'

export interface MissingMembersComponents {
  readonly random: Random
  readonly isPresent: (id: string) => boolean
  /** Once per call; whether a dial to it is on its way already is the dialler's business. */
  readonly dial: (address: Address) => void
}

interface Missing {
  readonly address: Address
  sinceMs: number
  nextAtMs: number
  /** When another member last said that it is there. */
  mentionedAtMs: number
}

const SOON_MS = 1000
/** From then on a member is looked for more rarely. */
const RECENT_MS = 60_000
const RARELY_MS = 5000
/** From then on only the membership services can find it. */
const FORGET_MS = 3_600_000
/** Those who differ in whom they see tell each other at least so often, ms. */
const MENTIONED_EVERY_MS = 5_000
/** As many as one frame may mention. Somebody who comes and goes under thousands of ids makes others be forgotten, and no more. */
const MOST_MISSING = 1000

/**
 * Members that were lost, or that other members know and we do not. Each is dialled at most once a second (give or take, so that members that lost each
 * other do not dial in step), every five seconds after a minute, and forgotten after an hour: a healed link is found without any heartbeat.
 */
export class MissingMembers {
  readonly #components: MissingMembersComponents
  readonly #missing = new Map<string, Missing>()

  constructor(components: MissingMembersComponents) {
    this.#components = components
  }

  get size(): number {
    return this.#missing.size
  }

  /** It was lost just now. */
  lost(id: string, address: Address, nowMs: number): void {
    const nextAtMs = nowMs + this.#jittered(SOON_MS)
    const mentionedAtMs = this.#missing.get(id)?.mentionedAtMs ?? Number.NEGATIVE_INFINITY
    this.#set(id, { address, sinceMs: nowMs, nextAtMs, mentionedAtMs })
  }

  /** Somebody says that it is there. One that is looked for already is not looked for more often. */
  mentioned(id: string, address: Address, nowMs: number): void {
    const missing = this.#missing.get(id)
    if (missing) missing.sinceMs = missing.mentionedAtMs = nowMs
    else this.#set(id, { address, sinceMs: nowMs, nextAtMs: nowMs, mentionedAtMs: nowMs })
  }

  /** Who is there and not seen by us, by id: other members do see it, or its own announcements tell. */
  recentlyMentioned(nowMs: number): string[] {
    const ids: string[] = []
    for (const [id, { mentionedAtMs }] of this.#missing) if (nowMs - mentionedAtMs < MENTIONED_EVERY_MS) ids.push(id)
    return ids
  }

  /** It says itself that it is there; whether it can be reached is another question. */
  announced(id: string, nowMs: number): void {
    const missing = this.#missing.get(id)
    if (missing) missing.mentionedAtMs = nowMs
  }

  /** It said goodbye. */
  left(id: string): void {
    this.#missing.delete(id)
  }

  /** Called a few times a second. */
  tick(nowMs: number): void {
    for (const [id, missing] of this.#missing) {
      const missingMs = nowMs - missing.sinceMs
      if (missingMs > FORGET_MS || this.#components.isPresent(id)) this.#missing.delete(id)
      else if (nowMs >= missing.nextAtMs)
        this.#dial(missing, nowMs + this.#jittered(missingMs > RECENT_MS ? RARELY_MS : SOON_MS))
    }
  }

  /** A map keeps its order of insertion: the first is the one that has been missing for longest. */
  #set(id: string, missing: Missing): void {
    this.#missing.delete(id)
    this.#missing.set(id, missing)
    if (this.#missing.size <= MOST_MISSING) return
    const [first] = this.#missing.keys()
    this.#missing.delete(first!)
  }

  #dial(missing: Missing, nextAtMs: number): void {
    missing.nextAtMs = nextAtMs
    this.#components.dial(missing.address)
  }

  #jittered(ms: number): number {
    return ms + this.#components.random.below(ms / 2)
  }
}
