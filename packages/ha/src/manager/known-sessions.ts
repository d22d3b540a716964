import type { Sighting } from '../state/adoption.js'
import { type Creation, namedUntil, type Origin } from '../state/death.js'
import { CREATED_AT, type Entry } from '../state/entry.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { entryOf, type SessionState } from '../state/session-state.js'
import { processOf } from '../state/version-vector.js'
import type { Known, Memory } from '../wire/message.js'

/** Incarnations remembered at a time; the ones that have created nothing for the longest go first. */
const MAX_CREATORS = 1_024

/**
 * Tells a session that was here and has been forgotten from one that was never here, without a memory of either: the context of an observed-remove map, with
 * a first and a last stamp for each incarnation. See docs/design/0004-forgetting-without-resurrecting.md.
 */
export class KnownSessions {
  /** By process: all names under which one writes are one creator's. Several where processes had the same incarnation, each from its own first stamp on. */
  readonly #known = new Map<string, readonly Known[]>()
  #size = 0
  readonly #isOwn: (actor: string) => boolean
  readonly #ownSince: () => Stamp
  #collected: Stamp = 0

  /**
   * `isOwn`: it is a name of this process, which has had everything that it has written itself. `ownSince`: the first stamp of that; what is older and bears its name is of another process
   * with the same incarnation (a cloned machine).
   */
  constructor(isOwn: (actor: string) => boolean = () => false, ownSince: () => Stamp = () => 0) {
    this.#isOwn = isOwn
    this.#ownSince = ownSince
  }

  get size(): number {
    return this.#size
  }

  /** A death certificate of this stamp is forgotten. */
  certificateForgotten(stamp: Stamp): void {
    this.#collected = Math.max(this.#collected, stamp)
  }

  /** Everything that this incarnation created between these stamps has been here. */
  learn(news: Known): void {
    const process = processOf(news.actor)
    const before = this.#of(process)
    if (before.some(known => isWithin(news, known))) return
    const isMore = before.every(known => !isWithin(known, news))
    if (isMore && this.#size >= MAX_CREATORS && !this.#forgetOlderThan(news)) return
    this.#put(process, [...this.#of(process).filter(known => !isWithin(known, news)), news])
  }

  /** Of this process's own incarnation, or of one that it has given up: up to now all that is not older than its first stamp has been here. */
  learnOwn(creation: Creation): void {
    const since = this.#ownSince()
    if (since <= creation.stamp) this.learn({ ...creation, since })
  }

  /** The member whose memory this was has sent everything that was in its table when it said so. */
  join({ known, collected }: Memory): void {
    for (const creation of known) this.learn(creation)
    this.certificateForgotten(collected)
  }

  memory(): Memory {
    return { known: this.#all(), collected: this.#collected }
  }

  /** Whether a session created so, and not in the table, was here once and is dead. Only while its certificate may have been forgotten. */
  isForgotten(creation: Creation): boolean {
    return creation.stamp <= this.#collected && this.covers(creation)
  }

  /** Up to which stamp this is so of all that this process (see `processOf`) has created, without a gap; 0: of nothing. */
  forgottenUntil(process: string): Stamp {
    if (this.#isOwn(process)) return this.#collected
    const known = this.#of(process)
    if (known.length === 0) return 0
    const first = known.reduce((a, b) => (b.since < a.since ? b : a))
    return Math.min(this.#collected, first.stamp)
  }

  /** Whether a session created so would be told from one that was never here. What this process has stamped above the write of a wrong clock is above all that it says of itself. */
  covers({ actor, stamp }: Creation): boolean {
    if (this.#isOwn(actor) && stamp >= this.#ownSince()) return true
    return this.#of(processOf(actor)).some(known => known.since <= stamp && stamp <= known.stamp)
  }

  /** The same of one that has ended, if the certificate says of it what there is to say. Who adopted it may not know which of its writers has begun it. */
  recognizes({ creation, adopted }: Origin): boolean {
    if (creation) return this.covers(creation)
    return adopted?.actors.every(actor => this.covers({ actor, stamp: adopted.stamp })) ?? false
  }

  /** And whether its certificate may have been forgotten. */
  hasForgotten(origin: Origin): boolean {
    return namedUntil(origin) <= this.#collected && this.recognizes(origin)
  }

  /** Of a session of which a client had seen this, and which is not in the table: what was here once, if it was, and is dead. */
  forgottenSince({ actorPrefix, stamp }: Sighting): Creation | undefined {
    if (!(stamp <= this.#collected)) return undefined
    const creator = this.#of(processOf(actorPrefix))[0]
    return creator && this.covers({ actor: creator.actor, stamp }) ? { actor: creator.actor, stamp } : undefined
  }

  #of(process: string): readonly Known[] {
    return this.#known.get(process) ?? []
  }

  #all(): readonly Known[] {
    return [...this.#known.values()].flat()
  }

  #put(process: string, known: readonly Known[]): void {
    this.#size += known.length - this.#of(process).length
    if (known.length > 0) this.#known.set(process, known)
    else this.#known.delete(process)
  }

  /** False: there is none, and none goes for one that would be the next to go. */
  #forgetOlderThan(news: Known): boolean {
    let least = Number.POSITIVE_INFINITY
    for (const known of this.#known.values()) for (const { stamp } of known) least = Math.min(least, stamp)
    if (news.stamp < least) return false
    for (const [process, known] of this.#known)
      if (known.some(({ stamp }) => stamp === least))
        this.#put(
          process,
          known.filter(({ stamp }) => stamp > least),
        )
    return true
  }
}

/** Whether all of the one is told by the other. */
function isWithin(one: Known, other: Known): boolean {
  return other.since <= one.since && one.stamp <= other.stamp
}

/** The entry that no other session has: whose creation it is, and when. Absent from a copy that was adopted, or that arrived in parts. */
export function creationOf(state: SessionState): Entry | undefined {
  return state.kind === 'live' ? entryOf(state, CREATED_AT) : undefined
}
