import type { Clock, Member } from '@clowder/tribes'
import { MOST_NAMED } from '../wire/lists.js'
import type { Access } from '../wire/message.js'
import type { Peers } from './peers.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { Slices } from './slices.js'

const MIN_TELL_MS = 1_000
const MAX_TELL_MS = 60_000
const TELL_SHARE = 20
/** Sessions in one TOUCH or EXPIRING. */
export const MAX_PER_MESSAGE = MOST_NAMED

/**
 * How far behind the other nodes' knowledge of a session's last use may be, ms: a twentieth of its idle limit, within 1 s and 1 min.
 * Expiry waits for more than this on top of the limit (see `graceMs`), so that no node drops a session that is in use elsewhere.
 */
function tellEveryMs(idleLimitMs: number): number {
  return Math.min(MAX_TELL_MS, Math.max(MIN_TELL_MS, idleLimitMs / TELL_SHARE))
}

const LOOKED_AT_A_TIME = 256

/** Uses of sessions that are not here are remembered of so many at most: the oldest are forgotten first. */
const MAX_WITHOUT_COPY = 10_000

/** What was told to a member for so long before it was given up may never have reached it, ms. */
const UNHEARD_MS = 10_000

/** Messages, and the answer to an EXPIRING, may take this long, ms. */
export const ANSWER_MS = 2_000

/** How long after its idle limit a session is dropped: longer than it takes to learn of a use elsewhere, ms. */
export function graceMs(idleLimitMs: number): number {
  return 2 * tellEveryMs(idleLimitMs) + ANSWER_MS
}

/**
 * How long after its last use a session is still given to a node that lacks it, ms. In the second half of the grace it is not: clocks drift and messages take their time,
 * so that the other node may just have dropped it, and told of that. Nobody is served from such a copy, and who has used it meanwhile has been asked by then.
 */
export function worthTakingMs(idleLimitMs: number): number {
  return idleLimitMs + graceMs(idleLimitMs) / 2
}

/**
 * How long after its last use a session may still reach somebody who comes, ms: members do not agree to the millisecond on when it was used. `isSingle`: there is nobody to compare it with, and
 * handed over it is until its limit.
 */
export function lastGivenMs(idleLimitMs: number, isSingle: boolean): number {
  const givenMs = isSingle ? idleLimitMs : worthTakingMs(idleLimitMs)
  return givenMs + Math.min(ANSWER_MS, graceMs(idleLimitMs) / 4)
}

/** For so long a certificate is taken in a comparison, ms: one that has nearly had its time may just have been forgotten. */
export function certificateWorthTakingMs(keptMs: number): number {
  return 0.9 * keptMs
}

/** When sessions were last used: noted here at every request, told to the others seldom and many at a time. */
export class AccessTimes {
  readonly #components: { readonly clock: Clock; readonly peers: Peers; readonly replicas: SessionReplicas }
  /** Those among them whose use is not untold any more stay until the next look. */
  readonly #untold = new Set<SessionCopy>()
  /** Uses that are to be told of without a copy, by id: when. */
  readonly #owed = new Map<string, number>()
  /** By id: when a session that is not here was last used here, as far as nobody else may know. Oldest first. */
  readonly #usedWithoutCopy = new Map<string, number>()
  readonly #slices: Slices

  constructor(components: { readonly clock: Clock; readonly peers: Peers; readonly replicas: SessionReplicas }) {
    this.#components = components
    this.#slices = new Slices(components)
  }

  /** The session was used on this node. */
  used(copy: SessionCopy): void {
    copy.accessedAtMs = this.#components.clock.now()
    this.#owe(copy)
  }

  /** The session was used on this node, which has no copy of it. Whoever has one asks before it drops it (see `Expiry`), or has asked already. */
  usedWithoutCopy(id: string): void {
    const nowMs = this.#components.clock.now()
    this.#remember(id, nowMs)
    this.#owed.set(id, nowMs)
  }

  /** The copy is dropped, because others have it: perhaps as one that has long been idle, and it may come back from them before they are told. */
  dropped(copy: SessionCopy): void {
    if (copy.isUseUntold) this.#remember(copy.id, copy.accessedAtMs)
  }

  /** For how long the session has been idle as far as this node knows, ms; Infinity when it knows nothing. */
  idleMs(id: string): number {
    const { clock, replicas } = this.#components
    const copy = replicas.table.get(id)
    if (copy?.kind === 'dead') return Number.POSITIVE_INFINITY
    const usedMs = Math.max(copy?.accessedAtMs ?? Number.NEGATIVE_INFINITY, this.#withoutCopyMs(id))
    return Math.max(0, clock.now() - usedMs)
  }

  /** The copy may have come after a use of its session here: then those who sent it are to be told of that. */
  catchUp(copy: SessionCopy): void {
    const usedMs = this.#withoutCopyMs(copy.id)
    if (usedMs <= copy.accessedAtMs || copy.kind === 'dead') return
    copy.accessedAtMs = usedMs
    this.#owe(copy)
  }

  #withoutCopyMs(id: string): number {
    return this.#usedWithoutCopy.get(id) ?? Number.NEGATIVE_INFINITY
  }

  /** A commit has told the others as well. */
  told(copy: SessionCopy): void {
    copy.accessedAtMs = this.#components.clock.now()
    copy.toldAccessMs = copy.accessedAtMs
    copy.isUseUntold = false
  }

  /** Another node says when it was used. */
  learned(access: Access): void {
    const copy = this.#components.replicas.table.get(access.id)
    if (copy?.kind !== 'live') return
    copy.accessedAtMs = Math.max(copy.accessedAtMs, this.#components.clock.now() - access.idleMs)
  }

  /** The session is no more. */
  forget(copy: SessionCopy): void {
    copy.isUseUntold = false
  }

  /** Tells what is due, a little at a time; `all`: at once, also what is not, and what is being told to somebody who is back. Called every second and before leaving. */
  tell(all = false): void {
    if (all) this.#slices.finish()
    else if (!this.#slices.isIdle) return
    this.#slices.run(this.#telling(all))
    if (all) this.#slices.finish()
  }

  *#telling(all: boolean): Generator<void> {
    const { clock, peers } = this.#components
    let nowMs = clock.now()
    let due: Access[] = Array.from(this.#owed, ([id, usedMs]) => ({ id, idleMs: nowMs - usedMs }))
    this.#owed.clear()
    let seen = 0
    for (const copy of this.#untold) {
      if (++seen % LOOKED_AT_A_TIME === 0) {
        yield
        nowMs = clock.now()
      }
      if (!copy.isUseUntold) {
        this.#untold.delete(copy)
        continue
      }
      if (!all && nowMs - copy.toldAccessMs < tellEveryMs(copy.idleLimitMs)) continue
      this.#untold.delete(copy)
      copy.isUseUntold = false
      copy.toldAccessMs = copy.accessedAtMs
      due.push({ id: copy.id, idleMs: copy.idleMs(nowMs) })
      if (due.length < MAX_PER_MESSAGE) continue
      this.#sendAll(peers.members(), due)
      due = []
    }
    this.#sendAll(peers.members(), due)
  }

  /**
   * A member is back that had been missed since then. Copies that a cut has left equal are not sent again, so it is told here which of them were used meanwhile: also by members
   * that have gone since. And which sessions were that are not here: it may have them.
   */
  memberBack(member: Member, goneAtMs: number): void {
    const sinceMs = goneAtMs - UNHEARD_MS
    this.#sendAll([member], this.#usedWithoutCopySince(sinceMs))
    this.#slices.run(this.#tellUses(member, sinceMs))
  }

  *#tellUses(member: Member, sinceMs: number): Generator<void> {
    const { clock, peers, replicas } = this.#components
    for (const batch of replicas.table.batches()) {
      if (!peers.isMember(member)) return
      const used = batch.filter(copy => copy.kind === 'live' && copy.accessedAtMs >= sinceMs)
      const nowMs = clock.now()
      this.#sendAll(
        [member],
        used.map(copy => ({ id: copy.id, idleMs: copy.idleMs(nowMs) })),
      )
      yield
    }
  }

  #usedWithoutCopySince(sinceMs: number): readonly Access[] {
    const nowMs = this.#components.clock.now()
    const uses = [...this.#usedWithoutCopy].filter(([, usedMs]) => usedMs >= sinceMs)
    return uses.map(([id, usedMs]) => ({ id, idleMs: nowMs - usedMs }))
  }

  #owe(copy: SessionCopy): void {
    copy.isUseUntold = true
    this.#untold.add(copy)
  }

  #remember(id: string, usedMs: number): void {
    this.#usedWithoutCopy.delete(id)
    this.#usedWithoutCopy.set(id, usedMs)
    if (this.#usedWithoutCopy.size <= MAX_WITHOUT_COPY) return
    const oldest = this.#usedWithoutCopy.keys().next()
    if (!oldest.done) this.#usedWithoutCopy.delete(oldest.value)
  }

  #sendAll(to: readonly Member[], due: readonly Access[]): void {
    const { peers } = this.#components
    for (let i = 0; i < due.length; i += MAX_PER_MESSAGE)
      peers.send(to, { type: 'TOUCH', accesses: due.slice(i, i + MAX_PER_MESSAGE) }, 'asynchronous')
  }
}
