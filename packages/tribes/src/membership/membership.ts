import { isTwin } from '../incarnation.js'
import type { Member } from '../member.js'
import {
  ASKER,
  LATER_ASKER,
  type Liveness,
  livenessOf,
  type SilenceTimeouts,
  silenceTimeouts,
  stretched,
} from './liveness.js'

export interface MembershipOptions {
  /** This process: it is never a member of its own list. */
  readonly localId: string
  /** Within this time after its last sign of life a member that nobody hears is lost. */
  readonly dropTimeMs: number
  /** Between two heartbeats. */
  readonly frequencyMs: number
}

/** `replaced`: another incarnation lived at the same host and port. It is gone for sure, because two processes cannot have one port. */
export type Heard = 'new' | 'known' | { readonly replaced: Member }

export interface SilenceReport {
  /** Not heard in time: to be asked over their connections. */
  readonly quiet: readonly Member[]
  /** Asked, and nothing came over TCP since. Reported at every check until heard or removed, like the two below: the failure detector may be busy. */
  readonly suspect: readonly Member[]
  /** Heard by nobody. */
  readonly lost: readonly Member[]
  /** Heard by somebody, and silent over TCP for too long. */
  readonly unreachable: readonly Member[]
}

interface Entry {
  member: Member
  /** On the local monotonic clock, so that ages can be compared without agreeing on a wall clock. */
  bornAtMs: number
  heardAtMs: number
  /** The next sign of life is expected by then: a heartbeat, or if those do not come, anything. */
  expectedAtMs: number
  /** The last bytes over TCP. */
  readAtMs: number
  askedAtMs: number | undefined
  pingedAtMs: number
  vouchedAtMs: number
}

/** A member that tells us that it has dropped us must answer again within a third of dropTime, or it is dropped too. */
const EXPELLED_SHARE = 1 / 3
/** A member of whom only heartbeats come is asked this many times more rarely. */
const READ_SHARE = 3

/**
 * The list of known members. It has no clock: every method that needs the time is told it, in monotonic milliseconds. It removes nobody by itself.
 * A heartbeat tells that a member lives; only bytes over TCP tell that it can be talked to, so only they answer a question.
 */
export class Membership {
  readonly #frequencyMs: number
  readonly #dropTimeMs: number
  readonly #timeouts: SilenceTimeouts
  readonly #entries = new Map<string, Entry>()
  #localId: string
  #digest = 0

  constructor(options: MembershipOptions) {
    this.#localId = options.localId
    this.#frequencyMs = options.frequencyMs
    this.#dropTimeMs = options.dropTimeMs
    this.#timeouts = silenceTimeouts(options)
  }

  /** This process has taken another incarnation. */
  renamed(localId: string): void {
    this.#localId = localId
  }

  /** 32 bits that are the same for the same members, this process included, whatever their order. */
  get digest(): number {
    return (this.#digest ^ digestOf(this.#localId)) >>> 0
  }

  get size(): number {
    return this.#entries.size
  }

  /** The member told about itself: its record replaces the one known, unless it was overtaken on its way by a later one; then it is no sign of life either. */
  heard(member: Member, nowMs: number): Heard {
    if (member.id === this.#localId) return 'known'
    const entry = this.#entries.get(member.id)
    if (entry) return this.#heardAgain(entry, member, nowMs)
    const replaced = this.#at(member)
    if (replaced) this.remove(replaced.id)
    this.#entries.set(member.id, newEntry(member, nowMs, this.#timeouts))
    this.#digest ^= digestOf(member.id)
    return replaced ? { replaced } : 'new'
  }

  /** Bytes over TCP, or an answer: it lives and can be talked to. False: no such member. */
  touch(id: string, nowMs: number): boolean {
    const entry = this.#entries.get(id)
    if (!entry) return false
    entry.heardAtMs = nowMs
    entry.readAtMs = nowMs
    entry.askedAtMs = undefined
    if (nowMs >= entry.expectedAtMs) entry.expectedAtMs = nowMs + this.#timeouts.expectedMs
    return true
  }

  /** It is connected, so whoever else is known under its incarnation is not meant by it. */
  connected(member: Member, nowMs: number): void {
    const entry = this.#entries.get(member.id)
    if (entry && isTwin(entry.member, member)) entry.member = member
    this.touch(member.id, nowMs)
  }

  /** A question is on its way to it. */
  asked(id: string, nowMs: number): void {
    const entry = this.#entries.get(id)
    if (entry) entry.askedAtMs ??= nowMs
  }

  /** Another member heard it at `atMs`. */
  vouched(id: string, atMs: number): void {
    const entry = this.#entries.get(id)
    if (entry) entry.vouchedAtMs = Math.max(entry.vouchedAtMs, atMs)
  }

  /** It says that it has dropped us: it has little time left to answer. */
  expelledUs(id: string, nowMs: number): void {
    const entry = this.#entries.get(id)
    if (entry) entry.askedAtMs = nowMs - this.#timeouts.unreachableMs + EXPELLED_SHARE * this.#dropTimeMs
  }

  /** This process stood still for `stallMs`: what was not heard meanwhile counts for nothing. */
  excuse(stallMs: number, nowMs: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.askedAtMs !== undefined) entry.askedAtMs = Math.min(nowMs, entry.askedAtMs + stallMs)
    }
  }

  /** How long ago it was heard; undefined: no such member. */
  heardAgoMs(id: string, nowMs: number): number | undefined {
    const entry = this.#entries.get(id)
    return entry && nowMs - entry.heardAtMs
  }

  remove(id: string): Member | undefined {
    const member = this.get(id)
    if (this.#entries.delete(id)) this.#digest ^= digestOf(id)
    return member
  }

  get(id: string): Member | undefined {
    return this.#entries.get(id)?.member
  }

  /** The oldest first; those of the same age in the order of their ids, so that all nodes that know the same agree. */
  members(): Member[] {
    return [...this.#entries.values()].sort(byAge).map(entry => entry.member)
  }

  /** Who is to be asked, and who has been silent for too long. `multiplier` ≥ 1 grants everybody more time. */
  check(nowMs: number, multiplier = 1): SilenceReport {
    const timeouts = stretched(this.#timeouts, multiplier)
    const report = {
      quiet: this.#quiet(nowMs),
      suspect: [] as Member[],
      lost: [] as Member[],
      unreachable: [] as Member[],
    }
    for (const entry of this.#entries.values()) {
      const liveness: Liveness = livenessOf(entry, nowMs, timeouts)
      if (liveness !== 'alive') report[liveness].push(entry.member)
    }
    return report
  }

  /** How long until somebody is to be asked, suspect or lost if nothing is heard: at least a twentieth of a heartbeat, at most as long as one may be silent. */
  nextCheckMs(nowMs: number, multiplier = 1): number {
    const timeouts = stretched(this.#timeouts, multiplier)
    let inMs = timeouts.expectedMs
    for (const entry of this.#entries.values()) {
      const leftMs = this.#nextAtMs(entry, nowMs, timeouts) - nowMs
      if (leftMs > 0) inMs = Math.min(inMs, leftMs)
    }
    return Math.max(this.#frequencyMs / 20, inMs)
  }

  /** When its state may change; Infinity: it cannot become worse. */
  #nextAtMs(entry: Entry, nowMs: number, { suspectMs, lostMs, unreachableMs }: SilenceTimeouts): number {
    const { heardAtMs, askedAtMs, vouchedAtMs } = entry
    if (askedAtMs === undefined) return this.#askAtMs(entry)
    const lostAtMs = Math.max(askedAtMs, heardAtMs, vouchedAtMs) + lostMs
    const changes = [askedAtMs + suspectMs, lostAtMs, askedAtMs + unreachableMs]
    return Math.min(...changes.filter(atMs => atMs > nowMs))
  }

  #heardAgain(entry: Entry, member: Member, nowMs: number): 'known' {
    if (member.aliveMs < entry.member.aliveMs) return 'known'
    if (member.aliveMs > entry.member.aliveMs) {
      entry.heardAtMs = nowMs
      entry.expectedAtMs = nowMs + this.#timeouts.expectedMs
    }
    entry.member = member
    entry.bornAtMs = nowMs - member.aliveMs
    return 'known'
  }

  #askAtMs({ member, expectedAtMs }: Entry): number {
    const asker = member.id < this.#localId ? LATER_ASKER : ASKER
    return expectedAtMs + (asker - 1) * this.#timeouts.expectedMs
  }

  #quiet(nowMs: number): Member[] {
    const due: Member[] = []
    for (const entry of this.#entries.values()) {
      if (!this.#isAskDue(entry, nowMs)) continue
      entry.pingedAtMs = nowMs
      due.push(entry.member)
    }
    return due
  }

  /** Heartbeats do not tell whether TCP works, so a member that only heartbeats are heard of is asked now and then as well. */
  #isAskDue(entry: Entry, nowMs: number): boolean {
    const { expectedMs } = this.#timeouts
    if (nowMs < this.#askAtMs(entry) && nowMs - entry.readAtMs < READ_SHARE * expectedMs) return false
    return nowMs - entry.pingedAtMs >= (entry.askedAtMs === undefined ? expectedMs : this.#frequencyMs)
  }

  #at({ host, port }: Member): Member | undefined {
    for (const { member } of this.#entries.values()) if (member.host === host && member.port === port) return member
    return undefined
  }
}

function newEntry(member: Member, nowMs: number, { expectedMs }: SilenceTimeouts): Entry {
  const never = Number.NEGATIVE_INFINITY
  const bornAtMs = nowMs - member.aliveMs
  return {
    member,
    bornAtMs,
    heardAtMs: nowMs,
    expectedAtMs: nowMs + expectedMs,
    readAtMs: nowMs,
    askedAtMs: undefined,
    pingedAtMs: never,
    vouchedAtMs: never,
  }
}

/** Ids are random, so eight digits of one are as good as a hash. */
function digestOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16)
}

function byAge(a: Entry, b: Entry): number {
  return a.bornAtMs - b.bornAtMs || (a.member.id < b.member.id ? -1 : 1)
}
