import type { Clock, Member } from '@clowder/tribes'
import { isWhole } from '../state/session-state.js'
import { emptyVector } from '../state/version-vector.js'
import { Deadlines, type Waiting } from './deadlines.js'
import type { LaggingMembers } from './lagging-members.js'
import type { Peers } from './peers.js'
import type { SessionReplicas } from './session-replicas.js'

/** A missing commit is usually already on its way on another connection: so long it is given before it is asked for, ms. */
const GAP_PATIENCE_MS = 20
/** At most so many gaps are asked for, and remembered as unfilled, at a time; the rest is found by anti-entropy. */
const MAX_GAPS = 1_000

/** Exchange numbers from here on are pulls; anti-entropy's are below. */
export const PULL_EXCHANGES = 0x8000_0000

export interface PullCounts {
  pulls: number
  timedOut: number
  gaps: number
  forgiven: number
}

export interface PullsComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly lagging: LaggingMembers
}

/** Asks the other members for one session: because a client has seen more of it than this node, or because a commit arrived before its predecessors. */
export class Pulls {
  readonly counts: PullCounts = { pulls: 0, timedOut: 0, gaps: 0, forgiven: 0 }
  readonly #components: PullsComponents
  readonly #deadlines: Deadlines
  readonly #open = new Map<string, Pull>()
  readonly #byExchange = new Map<number, Pull>()
  readonly #gaps = new Set<string>()
  /** Gaps that were asked for in vain, because not everybody answered. */
  readonly #unfilled = new Set<string>()
  #lastExchange = 0

  constructor(components: PullsComponents, pullTimeoutMs: number) {
    this.#components = components
    this.#deadlines = new Deadlines(components, pullTimeoutMs)
  }

  /** Questions that not everybody has answered. */
  get openCount(): number {
    return this.#open.size
  }

  /** Resolves as soon as `isEnough`, when all members have answered, or after the pull timeout; never rejects. */
  pull(id: string, isEnough: () => boolean): Promise<void> {
    const pull = this.#open.get(id) ?? this.#begin(id)
    if (pull.isOver || isEnough()) return Promise.resolve()
    return pull.wait(isEnough)
  }

  /** The session has changed: somebody may have been waiting for just that. */
  changed(id: string): void {
    this.#open.get(id)?.changed()
  }

  /** A member has answered, with or without a state. */
  answered(exchange: number, member: Member): void {
    this.#byExchange.get(exchange)?.answered(member.id)
  }

  memberDisappeared(member: Member): void {
    for (const pull of [...this.#open.values()]) pull.answered(member.id)
  }

  /** A commit arrived before its predecessors: asks for them, unless they come by themselves first. */
  gap(id: string): void {
    if (this.#gaps.size === MAX_GAPS) return
    this.counts.gaps++
    if (this.#gaps.size === 0) this.#components.clock.setTimer(GAP_PATIENCE_MS, () => this.#fillGaps())
    this.#gaps.add(id)
  }

  /** Asks once more for what was asked for in vain. Called every second. */
  tick(): void {
    const ids = [...this.#unfilled]
    this.#unfilled.clear()
    for (const id of ids) this.#fillGap(id)
  }

  stop(): void {
    this.#deadlines.stop()
    this.#gaps.clear()
    this.#unfilled.clear()
  }

  #fillGaps(): void {
    const ids = [...this.#gaps]
    this.#gaps.clear()
    for (const id of ids) this.#fillGap(id)
  }

  #fillGap(id: string): void {
    if (this.#hasGap(id)) void this.pull(id, () => !this.#hasGap(id))
  }

  #hasGap(id: string): boolean {
    const state = this.#components.replicas.table.get(id)?.state
    return state?.kind === 'live' && !isWhole(state)
  }

  #begin(id: string): Pull {
    const { peers, lagging } = this.#components
    const members = peers.members()
    const asked = members.filter(m => !lagging.has(m))
    const exchange = PULL_EXCHANGES + (++this.#lastExchange % PULL_EXCHANGES)
    const pull = new Pull(new Set(asked.map(m => m.id)), (outcome, unanswered) =>
      this.#finished(id, exchange, outcome, unanswered),
    )
    if (pull.isOver) {
      this.#settleGap(id, members.length === 0)
      return pull
    }
    this.counts.pulls++
    this.#open.set(id, pull)
    this.#byExchange.set(exchange, pull)
    this.#deadlines.add(pull)
    peers.send(asked, { type: 'PULL', exchange, id, ...this.#held(id) }, 'asynchronous')
    return pull
  }

  #held(id: string) {
    const { replicas, clock } = this.#components
    const copy = replicas.table.get(id)
    const state = copy?.state
    const vector = state?.kind === 'live' ? state.vector : emptyVector
    return { vector, idleMs: copy ? Math.floor(copy.idleMs(clock.now())) : Number.MAX_SAFE_INTEGER }
  }

  #finished(id: string, exchange: number, outcome: PullOutcome, unanswered: ReadonlySet<string>): void {
    this.#open.delete(id)
    this.#byExchange.delete(exchange)
    if (outcome === 'timed-out') this.#missed(unanswered)
    this.#settleGap(id, outcome === 'all-answered')
  }

  /** What nobody has, nobody needs to wait for any longer. As long as somebody may have it, it is asked for again. */
  #settleGap(id: string, everybodyAnswered: boolean): void {
    if (!this.#hasGap(id)) return
    if (everybodyAnswered) this.#forgive(id)
    else if (this.#unfilled.size < MAX_GAPS) this.#unfilled.add(id)
  }

  #missed(unanswered: ReadonlySet<string>): void {
    this.counts.timedOut++
    const { peers, lagging } = this.#components
    for (const member of peers.members()) if (unanswered.has(member.id)) lagging.missed(member)
  }

  #forgive(id: string): void {
    this.#unfilled.delete(id)
    this.counts.forgiven++
    const copy = this.#components.replicas.table.get(id)
    if (copy) this.#components.replicas.forgive(copy)
  }
}

type PullOutcome = 'all-answered' | 'timed-out'
type PullFinished = (outcome: PullOutcome, unanswered: ReadonlySet<string>) => void

/** One question to all members, and those who wait for its answers. */
class Pull implements Waiting {
  readonly #unanswered: Set<string>
  readonly #finished: PullFinished
  #waiters: { readonly isEnough: () => boolean; readonly resolve: () => void }[] = []
  isOver = false

  constructor(asked: Set<string>, finished: PullFinished) {
    this.#unanswered = asked
    this.#finished = finished
    this.isOver = asked.size === 0
  }

  wait(isEnough: () => boolean): Promise<void> {
    return new Promise(resolve => this.#waiters.push({ isEnough, resolve }))
  }

  changed(): void {
    this.#waiters = this.#waiters.filter(waiter => {
      if (!waiter.isEnough()) return true
      waiter.resolve()
      return false
    })
  }

  answered(memberId: string): void {
    this.#unanswered.delete(memberId)
    if (this.#unanswered.size === 0) this.#end('all-answered')
  }

  expired(): void {
    this.#end('timed-out')
  }

  #end(outcome: PullOutcome): void {
    if (this.isOver) return
    this.isOver = true
    this.#finished(outcome, this.#unanswered)
    for (const waiter of this.#waiters.splice(0)) waiter.resolve()
  }
}
