import type { Member } from '../member.js'
import { livenessOf, type SilenceTimeouts } from './liveness.js'

export interface MembershipOptions {
  /** This process: it is never a member of its own list. */
  readonly localId: string
  /** Without a sign of life for this long a member is silent; for half of it, quiet. */
  readonly dropTimeMs: number
  /** How often `check` is called. */
  readonly frequencyMs: number
}

/** `replaced`: another incarnation lived at the same host and port. It is gone for sure, because two processes cannot have one port. */
export type Heard = 'new' | 'known' | { readonly replaced: Member }

export interface SilenceReport {
  /** Not heard for half of `dropTime`, and not reported as quiet since then: ask them. Each at most once per half `dropTime`. */
  readonly quiet: readonly Member[]
  /** Not heard for `dropTime`. Reported at every check until heard or removed: the failure detector may be busy, or wrong. */
  readonly silent: readonly Member[]
}

interface Entry {
  member: Member
  /** On the local monotonic clock, so that ages can be compared without agreeing on a wall clock. */
  bornAtMs: number
  heardAtMs: number
  askedAtMs: number
}

const NOBODY: SilenceReport = { quiet: [], silent: [] }

/**
 * The list of known members. It has no clock: every method that needs the time is told it, in monotonic milliseconds. It removes nobody by
 * itself, and when checks came late it accuses nobody: a process that was stopped has heard nothing, and that says nothing about the others.
 */
export class Membership {
  readonly #localId: string
  readonly #timeouts: SilenceTimeouts
  readonly #stallMs: number
  readonly #entries = new Map<string, Entry>()
  #checkedAtMs: number | undefined

  constructor(options: MembershipOptions) {
    const { localId, dropTimeMs, frequencyMs } = options
    this.#localId = localId
    this.#timeouts = { quietMs: dropTimeMs / 2, silentMs: dropTimeMs }
    // With a dropTime near the frequency even checks in time are half a dropTime apart.
    this.#stallMs = Math.max(dropTimeMs / 2, 2 * frequencyMs)
  }

  /** The member told about itself: its record replaces the one known, unless it was overtaken on its way by a later one. */
  heard(member: Member, nowMs: number): Heard {
    if (member.id === this.#localId) return 'known'
    const entry = this.#entries.get(member.id)
    if (entry) return hear(entry, member, nowMs)
    const replaced = this.#at(member)
    if (replaced) this.#entries.delete(replaced.id)
    this.#entries.set(member.id, newEntry(member, nowMs))
    return replaced ? { replaced } : 'new'
  }

  /** A sign of life that tells nothing else, such as bytes on a connection. False: no such member. */
  touch(id: string, nowMs: number): boolean {
    const entry = this.#entries.get(id)
    if (entry) entry.heardAtMs = nowMs
    return entry !== undefined
  }

  remove(id: string): Member | undefined {
    const member = this.get(id)
    this.#entries.delete(id)
    return member
  }

  get(id: string): Member | undefined {
    return this.#entries.get(id)?.member
  }

  /** The oldest first; those of the same age in the order of their ids, so that all nodes that know the same agree. */
  members(): Member[] {
    return [...this.#entries.values()].sort(byAge).map(entry => entry.member)
  }

  /** Who has been quiet or silent for too long. */
  check(nowMs: number): SilenceReport {
    const sinceMs = nowMs - (this.#checkedAtMs ?? nowMs)
    this.#checkedAtMs = nowMs
    if (sinceMs > this.#stallMs) return this.#forgive(nowMs)
    return { quiet: this.#quiet(nowMs), silent: this.#silent(nowMs) }
  }

  #forgive(nowMs: number): SilenceReport {
    for (const entry of this.#entries.values()) entry.heardAtMs = nowMs
    return NOBODY
  }

  #quiet(nowMs: number): Member[] {
    const due = [...this.#entries.values()].filter(entry => this.#isAskDue(entry, nowMs))
    for (const entry of due) entry.askedAtMs = nowMs
    return due.map(entry => entry.member)
  }

  #isAskDue(entry: Entry, nowMs: number): boolean {
    const isQuiet = livenessOf(entry.heardAtMs, nowMs, this.#timeouts) === 'quiet'
    return isQuiet && nowMs - entry.askedAtMs >= this.#timeouts.quietMs
  }

  #silent(nowMs: number): Member[] {
    const isSilent = (entry: Entry) => livenessOf(entry.heardAtMs, nowMs, this.#timeouts) === 'silent'
    return [...this.#entries.values()].filter(isSilent).map(entry => entry.member)
  }

  #at({ host, port }: Member): Member | undefined {
    for (const { member } of this.#entries.values()) if (member.host === host && member.port === port) return member
    return undefined
  }
}

function newEntry(member: Member, nowMs: number): Entry {
  return { member, bornAtMs: nowMs - member.aliveMs, heardAtMs: nowMs, askedAtMs: Number.NEGATIVE_INFINITY }
}

function hear(entry: Entry, member: Member, nowMs: number): 'known' {
  entry.heardAtMs = nowMs
  if (member.aliveMs >= entry.member.aliveMs) {
    entry.member = member
    entry.bornAtMs = nowMs - member.aliveMs
  }
  return 'known'
}

function byAge(a: Entry, b: Entry): number {
  return a.bornAtMs - b.bornAtMs || (a.member.id < b.member.id ? -1 : 1)
}
