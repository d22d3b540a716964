import { type Stamp, stampLater } from '../state/hybrid-clock.js'
import { emptyToken, type VersionToken } from '../state/version-token.js'
import type { KnownLock } from '../wire/lock-message.js'

/** Whoever asks: one request of one incarnation. */
export interface Claimant {
  readonly owner: string
  readonly number: number
}

export interface Claim extends Claimant {
  readonly leaseMs: number
  readonly patienceMs: number
  /** How far the asker's hybrid clock is. */
  readonly stamp: Stamp
}

/** A lock given to whoever asked for it. */
export interface Grant extends Claimant {
  readonly id: string
  readonly fence: Stamp
  readonly leaseMs: number
  readonly waitedMs: number
  readonly left: VersionToken
  readonly isCertain: boolean
}

/** What a holder says when it gives its lock back. `fence` 0: it never had it. */
export interface Left {
  readonly fence: Stamp
  readonly left: VersionToken
  readonly isCertain: boolean
}

/** What a home knows beside its table when it gives a lock. */
export interface GrantTerms {
  /** A stamp above this and above all that the home's clock has followed. */
  fenceAbove(stamp: Stamp): Stamp
  isPresent(owner: string): boolean
  /** Whether this node would know if somebody had held the lock lately. */
  isCertain(id: string): boolean
  /** No stamp made under a lock that this node does not know of lies above it. */
  highestUnheard(id: string): Stamp
}

export interface LockCounts {
  granted: number
  /** Locks that were not given back before their lease ended, and went to the next. */
  overrun: number
  /** Questions turned away because too many waited. */
  full: number
}

/** `isHeld`: the lease still ran when this was asked for. */
export interface Renewal extends Omit<Claim, 'patienceMs'> {
  readonly fence: Stamp
  readonly isHeld: boolean
}

interface Waiter extends Claim {
  readonly arrivedMs: number
  readonly deadlineMs: number
  /** How far its clock was when it asked last, and when that was. */
  stamp: Stamp
  stampedMs: number
}

interface Holder {
  readonly grant: Grant
  endsMs: number
  /** No stamp of the holder's lies above it as long as its lease runs. */
  highest: Stamp
  /** By this node, and not by a former home, after whose grant others may have come. */
  readonly isGivenHere: boolean
}

interface Lock {
  holder: Holder | undefined
  /**
   * Was given it by a home that had not met the one of `holder` yet, and may go on until it hears of that: nobody is given it before this lease has ended too, and whoever is then reads what both have
   * left.
   */
  displaced: Holder | undefined
  waiting: Waiter[]
  fence: Stamp
  left: VersionToken
  isCertain: boolean
}

/** The dot of a free lock's last holder is remembered for so long, ms: every copy has it by then, or it is told by a comparison. */
export const REMEMBERED_MS = 60_000
const MAX_REMEMBERED = 10_000
const MAX_WAITING = 100
/** A home counts leases this much longer than their holders do, of their length: no two oscillators are equal. */
const LONGER = 0.05

/** How long a home counts a lease. */
export function leaseAtHomeMs(leaseMs: number): number {
  return leaseMs * (1 + LONGER)
}

/**
 * The locks of which this node is the home: who holds them and until when, who waits, and what the last holder left. Knows no network and sets no timer: times
 * are given, monotonic ms.
 */
export class LockTable {
  readonly counts: LockCounts = { granted: 0, overrun: 0, full: 0 }
  /** Held, or waited for. */
  readonly #locks = new Map<string, Lock>()
  /** Free, and since when; the oldest first. */
  readonly #free = new Map<string, { readonly lock: Lock; readonly sinceMs: number }>()
  /** Until then a lock that is not known here may have been forgotten before its time. */
  #forgetfulUntilMs = Number.NEGATIVE_INFINITY

  get held(): number {
    let held = 0
    for (const { holder } of this.#locks.values()) if (holder) held++
    return held
  }

  get waiting(): number {
    let waiting = 0
    for (const lock of this.#locks.values()) waiting += lock.waiting.length
    return waiting
  }

  /** How many free locks are remembered. */
  get remembered(): number {
    return this.#free.size
  }

  /** Puts the claim at the end of the queue; one that waits or holds already stays where it is. False: too many wait. */
  ask(id: string, claim: Claim, nowMs: number): boolean {
    const lock = this.#taken(id) ?? this.#begun(id)
    if (this.grantOf(id, claim)) return true
    const known = lock.waiting.find(w => isSame(w, claim))
    if (known) {
      Object.assign(known, { stamp: Math.max(known.stamp, claim.stamp), stampedMs: nowMs })
      return true
    }
    if (lock.waiting.length >= MAX_WAITING) lock.waiting = lock.waiting.filter(w => w.deadlineMs > nowMs)
    if (lock.waiting.length >= MAX_WAITING) {
      this.counts.full++
      return false
    }
    lock.waiting.push({ ...claim, arrivedMs: nowMs, deadlineMs: nowMs + claim.patienceMs, stampedMs: nowMs })
    return true
  }

  /** The grant by which this claimant holds the lock. */
  grantOf(id: string, claimant: Claimant): Grant | undefined {
    const grant = this.#locks.get(id)?.holder?.grant
    return grant && isSame(grant, claimant) ? grant : undefined
  }

  /** Gives the lock to the next who waits, if nobody holds it any longer. */
  grantNext(id: string, nowMs: number, terms: GrantTerms): Grant | undefined {
    const lock = this.#locks.get(id)
    if (!lock || nowMs < endOf(lock)) return undefined
    for (let next = lock.waiting.shift(); next; next = lock.waiting.shift())
      if (next.deadlineMs > nowMs && terms.isPresent(next.owner)) return this.#give(id, lock, next, nowMs, terms)
    if (!lock.holder) this.#freed(id, lock, nowMs)
    return undefined
  }

  /** When the lease of a lock that somebody waits for ends. */
  dueMs(id: string): number | undefined {
    const lock = this.#locks.get(id)
    return lock && lock.waiting.length > 0 && (lock.holder || lock.displaced) ? endOf(lock) : undefined
  }

  /**
   * The holder's lease begins anew; also after its end, if nobody has been given the lock since, which only the home knows that gave it. One that this node does not know
   * was given by a former home. False: the lock is, or may have been, somebody else's.
   */
  renew(id: string, claim: Renewal, nowMs: number): boolean {
    const { fence, leaseMs, stamp, owner, number, isHeld } = claim
    const lock = this.#taken(id)
    if (!isHeld && !lock?.holder?.isGivenHere) return false
    if (!lock || lock.fence < fence) this.learn({ id, owner, number, fence, leaseMs, left: emptyToken }, nowMs, true)
    const holder = this.#locks.get(id)?.holder
    if (!holder || !isSame(holder.grant, claim) || holder.grant.fence !== fence) return false
    holder.endsMs = nowMs + leaseAtHomeMs(leaseMs)
    // Its clock does not follow a fence that is too far ahead, but its next commit is stamped above that.
    holder.highest = highestOf(Math.max(stamp, fence), leaseMs, holder.endsMs - nowMs)
    return true
  }

  /** The holder gives the lock back, or somebody who waits does so no more. */
  release(id: string, claimant: Claimant, { fence, left, isCertain }: Left, nowMs: number): void {
    const lock = this.#taken(id) ?? (fence > 0 ? this.#begun(id) : undefined)
    if (!lock) return
    lock.waiting = lock.waiting.filter(w => !isSame(w, claimant))
    if (lock.displaced && isSame(lock.displaced.grant, claimant)) lock.displaced.endsMs = nowMs
    // Of a grant by another home this node may hear the end first: who tells of its beginning later is late.
    if (fence < lock.fence || fence === 0) return
    Object.assign(lock, { holder: undefined, fence, left, isCertain })
    if (lock.waiting.length === 0) this.#freed(id, lock, nowMs)
  }

  /** What another member knows of a lock. Whoever knows of the greater fence is right. `isHome`: this node gives it now, so that nobody else gives it after this. */
  learn({ id, owner, number, fence, leaseMs, left }: KnownLock, nowMs: number, isHome: boolean): void {
    const lock = this.#taken(id) ?? this.#begun(id)
    if (fence > lock.fence) {
      const grant = { id, owner, number, fence, leaseMs, waitedMs: 0, left, isCertain: true }
      const endsMs = nowMs + leaseAtHomeMs(leaseMs)
      const highest = highestOf(fence, leaseMs, endsMs - nowMs)
      const holder: Holder | undefined = owner === '' ? undefined : { grant, endsMs, highest, isGivenHere: false }
      const displaced = lastToEnd(lock, { owner, number })
      Object.assign(lock, { holder, displaced, fence, left, isCertain: isHome && owner === '' })
    }
    if (!lock.holder && lock.waiting.length === 0) this.#freed(id, lock, nowMs)
  }

  /** Takes out the locks that are another home's now: what is known of them, and who waited. */
  takeOut(
    isGone: (id: string) => boolean,
    nowMs: number,
  ): { known: KnownLock[]; waiting: (Claimant & { id: string })[] } {
    const known: KnownLock[] = []
    const waiting: (Claimant & { id: string })[] = []
    for (const [id, lock] of this.#locks) {
      if (!isGone(id)) continue
      this.#locks.delete(id)
      for (const { owner, number } of lock.waiting) waiting.push({ id, owner, number })
      if (lock.fence > 0) known.push(knownOf(id, lock, nowMs))
    }
    for (const [id, { lock }] of this.#free) {
      if (!isGone(id)) continue
      this.#free.delete(id)
      known.push(knownOf(id, lock, nowMs))
    }
    return { known, waiting }
  }

  /** Forgets locks whose holder is long gone and that nobody wants. One that is free, which a late word has brought back here, is remembered as any free one. */
  sweep(nowMs: number): void {
    for (const [id, lock] of this.#locks) {
      if (lock.waiting.length > 0) continue
      if (!lock.holder) this.#freed(id, lock, nowMs)
      else if (lock.holder.endsMs < nowMs - REMEMBERED_MS) this.#locks.delete(id)
    }
  }

  /** The ids of locks that somebody waits for. */
  awaited(): string[] {
    return [...this.#locks].filter(([, lock]) => lock.waiting.length > 0).map(([id]) => id)
  }

  #give(id: string, lock: Lock, next: Waiter, nowMs: number, terms: GrantTerms): Grant {
    if (lock.holder) this.counts.overrun++
    if (lock.holder || lock.displaced) lock.isCertain = false
    const { owner, number, leaseMs, stamp, stampedMs, arrivedMs } = next
    if (lock.fence === 0) lock.isCertain = nowMs >= this.#forgetfulUntilMs && terms.isCertain(id)
    const highest = lock.holder?.highest ?? (lock.isCertain ? 0 : terms.highestUnheard(id))
    const fence = terms.fenceAbove(Math.max(lock.fence, highest, lock.displaced?.highest ?? 0))
    const { left, isCertain } = lock
    const grant: Grant = { id, owner, number, fence, leaseMs, waitedMs: nowMs - arrivedMs, left, isCertain }
    const endsMs = nowMs + leaseAtHomeMs(leaseMs)
    const highestThen = highestOf(Math.max(stamp, fence), leaseMs, endsMs - stampedMs)
    lock.holder = { grant, endsMs, highest: highestThen, isGivenHere: true }
    lock.fence = fence
    lock.displaced = undefined
    this.counts.granted++
    return grant
  }

  /** The lock, no longer among the free ones. */
  #taken(id: string): Lock | undefined {
    const known = this.#locks.get(id)
    if (known) return known
    const free = this.#free.get(id)
    if (!free) return undefined
    this.#free.delete(id)
    this.#locks.set(id, free.lock)
    return free.lock
  }

  #begun(id: string): Lock {
    const lock: Lock = {
      holder: undefined,
      displaced: undefined,
      waiting: [],
      fence: 0,
      left: emptyToken,
      isCertain: false,
    }
    this.#locks.set(id, lock)
    return lock
  }

  #freed(id: string, lock: Lock, nowMs: number): void {
    this.#locks.delete(id)
    // It was never given.
    if (lock.fence === 0) return
    this.#free.set(id, { lock, sinceMs: nowMs })
    for (const [oldest, { sinceMs }] of this.#free) {
      const isOver = nowMs - sinceMs >= REMEMBERED_MS
      if (!isOver && this.#free.size <= MAX_REMEMBERED) return
      if (!isOver) this.#forgetfulUntilMs = sinceMs + REMEMBERED_MS
      this.#free.delete(oldest)
    }
  }
}

/** Until then it is given to nobody else. */
function endOf({ holder, displaced }: Lock): number {
  return Math.max(holder?.endsMs ?? 0, displaced?.endsMs ?? 0)
}

/** Of those whom the lock of `next` displaces. */
function lastToEnd({ holder, displaced }: Lock, next: Claimant): Holder | undefined {
  const others = [holder, displaced].filter(other => other !== undefined && !isSame(other.grant, next))
  return others.reduce((last, other) => (last && other && last.endsMs >= other.endsMs ? last : other), undefined)
}

function isSame(a: Claimant, b: Claimant): boolean {
  return a.number === b.number && a.owner === b.owner
}

/** Its clock was at `stamp` when it wrote, which was at most a lease before it was read, and goes on until its lease ends. */
export function highestOf(stamp: Stamp, leaseMs: number, untilEndMs: number): Stamp {
  return stampLater(stamp, leaseMs + untilEndMs)
}

function knownOf(id: string, { holder, fence, left }: Lock, nowMs: number): KnownLock {
  const { owner = '', number = 0 } = holder?.grant ?? {}
  const leaseMs = Math.ceil(Math.max(0, (holder?.endsMs ?? 0) - nowMs))
  return { id, owner, number, fence, leaseMs, left }
}
