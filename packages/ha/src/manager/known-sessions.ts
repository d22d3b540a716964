import type { Sighting } from '../state/adoption.js'
import { type Creation, namedUntil, type Origin } from '../state/death.js'
import { CREATED_AT, type Entry } from '../state/entry.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { entryOf, type SessionState } from '../state/session-state.js'
import { processOf } from '../state/version-vector.js'
import type { Memory } from '../wire/message.js'

/** Incarnations remembered at a time; the ones that have created nothing for the longest go first. */
const MAX_CREATORS = 1_024

/** What one incarnation created between these stamps has been here. */
interface Known extends Creation {
  readonly since: Stamp
}

/**
 * Tells a session that was here and has been forgotten from one that was never here, without a memory of either: the context of an observed-remove map, with
 * one stamp for each incarnation. See docs/design/0004-forgetting-without-resurrecting.md.
 */
export class KnownSessions {
  /** By process: all names under which one writes are one creator's. */
  readonly #known = new Map<string, Known>()
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
    return this.#known.size
  }

  /** A death certificate of this stamp is forgotten. */
  certificateForgotten(stamp: Stamp): void {
    this.#collected = Math.max(this.#collected, stamp)
  }

  /** Everything that this incarnation created up to now has been here. */
  learn(creation: Creation): void {
    this.#learn({ ...creation, since: 0 })
  }

  /** The same of this process's own incarnation, or of one that it has given up: nobody else has told it of what is older than its first stamp. */
  learnOwn(creation: Creation): void {
    this.#learn({ ...creation, since: this.#ownSince() })
  }

  /** The member whose memory this was has sent everything that was in its table when it said so. */
  join({ known, collected }: Memory): void {
    for (const creation of known) this.learn(creation)
    this.certificateForgotten(collected)
  }

  memory(): Memory {
    return { known: [...this.#known.values()], collected: this.#collected }
  }

  /** Whether a session created so, and not in the table, was here once and is dead. Only while its certificate may have been forgotten. */
  isForgotten(creation: Creation): boolean {
    return creation.stamp <= this.#collected && this.covers(creation)
  }

  /** Up to which stamp this is so of all that this process (see `processOf`) has created; 0: of nothing. */
  forgottenUntil(process: string): Stamp {
    return this.#isOwn(process) ? this.#collected : Math.min(this.#collected, this.#known.get(process)?.stamp ?? 0)
  }

  /** Whether a session created so would be told from one that was never here. What this process has stamped above the write of a wrong clock is above all that it says of itself. */
  covers({ actor, stamp }: Creation): boolean {
    if (this.#isOwn(actor) && stamp >= this.#ownSince()) return true
    const known = this.#known.get(processOf(actor))
    return known !== undefined && known.since <= stamp && stamp <= known.stamp
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
    const creator = this.#known.get(processOf(actorPrefix))
    return creator && this.covers({ actor: creator.actor, stamp }) ? { actor: creator.actor, stamp } : undefined
  }

  #learn({ actor, stamp, since }: Known): void {
    const process = processOf(actor)
    const before = this.#known.get(process)
    if (!before && this.#known.size >= MAX_CREATORS) this.#forgetOldest()
    if (before && before.stamp >= stamp && before.since <= since) return
    const { stamp: stampBefore, since: sinceBefore } = before ?? { stamp, since }
    this.#known.set(process, { actor, stamp: Math.max(stamp, stampBefore), since: Math.min(since, sinceBefore) })
  }

  #forgetOldest(): void {
    let oldest: string | undefined
    let least = Number.POSITIVE_INFINITY
    for (const [process, { stamp }] of this.#known) {
      if (stamp < least) [oldest, least] = [process, stamp]
    }
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}

/** The entry that no other session has: whose creation it is, and when. Absent from a copy that was adopted, or that arrived in parts. */
export function creationOf(state: SessionState): Entry | undefined {
  return state.kind === 'live' ? entryOf(state, CREATED_AT) : undefined
}
