import type { LiveState } from '../state/session-state.js'
import type { Waiting } from './deadlines.js'

/** How a question ended for one who waited. */
export interface PullResult {
  /** What did not come exists nowhere within reach. */
  readonly everybodyAnswered: boolean
  /** A member has answered that it has it, in a state that this node knows now. */
  readonly isConfirmed: boolean
  /** What members have that has been idle for too long to be taken. */
  readonly expiring: readonly LiveState[]
}

export type IsEnough = (isConfirmed: boolean) => boolean

export type PullOutcome = 'all-answered' | 'timed-out'

interface PullWatcher {
  /** Somebody who may have it may come within moments: nobody's "no" ends it before its time. */
  waitsForNewcomers(): boolean
  isWorthWaiting(pull: Pull): boolean
  waitOn(pull: Pull): void
  finished(pull: Pull, outcome: PullOutcome): void
}

interface PullAbout {
  readonly id: string
  readonly exchange: number
  readonly begunMs: number
  readonly hasStalled: boolean
  /** Asked of all members, not only of the session's owners. */
  readonly ofAll: boolean
}

interface Waiter {
  readonly isEnough: IsEnough
  readonly resolve: (result: PullResult) => void
}

/** One question to all members, and those who wait for its answers. */
export class Pull implements Waiting {
  about: PullAbout
  #unanswered: Set<string>
  readonly #watcher: PullWatcher
  #waiters: Waiter[] = []
  #isConfirmed = false
  readonly #expiring: LiveState[] = []
  #awaitedSinceMs: number
  isOver = false

  constructor(about: PullAbout, asked: Set<string>, watcher: PullWatcher) {
    this.about = about
    this.#awaitedSinceMs = about.begunMs
    this.#unanswered = asked
    this.#watcher = watcher
    this.isOver = asked.size === 0 && !watcher.waitsForNewcomers()
  }

  get unanswered(): ReadonlySet<string> {
    return this.#unanswered
  }

  /** When the first of those who wait for it began to wait. */
  get awaitedSinceMs(): number {
    return this.#awaitedSinceMs
  }

  get result(): PullResult {
    const everybodyAnswered = this.#unanswered.size === 0
    return { everybodyAnswered, isConfirmed: this.#isConfirmed, expiring: this.#expiring }
  }

  awaitedSince(sinceMs: number): void {
    this.#awaitedSinceMs = Math.min(this.#awaitedSinceMs, sinceMs)
  }

  wait(isEnough: IsEnough): Promise<PullResult> {
    return new Promise(resolve => this.#waiters.push({ isEnough, resolve }))
  }

  changed(): void {
    this.#waiters = this.#waiters.filter(waiter => {
      if (!waiter.isEnough(this.#isConfirmed)) return true
      waiter.resolve(this.result)
      return false
    })
  }

  asked(memberId: string): void {
    this.#unanswered.add(memberId)
  }

  /** What has been answered so far was about a copy that is here no more. */
  askedAnew(exchange: number, members: Iterable<string>): void {
    this.about = { ...this.about, exchange }
    this.#unanswered = new Set(members)
    this.#isConfirmed = false
  }

  /** `isHere`: the member has the session; `expiring`: this, which is not taken. */
  answered(memberId: string, isHere: boolean, expiring?: LiveState): void {
    if (expiring) this.#expiring.push(expiring)
    if (isHere) this.#isConfirmed = true
    this.left(memberId)
    if (!this.isOver) this.changed()
  }

  /** It will not answer any more, and that is no answer. */
  left(memberId: string): void {
    this.#unanswered.delete(memberId)
    if (this.#unanswered.size === 0 && !this.#watcher.waitsForNewcomers()) this.#end('all-answered')
  }

  expired(): void {
    if (this.#unanswered.size === 0) this.#end('all-answered')
    else if (this.#watcher.isWorthWaiting(this)) this.#watcher.waitOn(this)
    else this.#end('timed-out')
  }

  #end(outcome: PullOutcome): void {
    if (this.isOver) return
    this.isOver = true
    this.#watcher.finished(this, outcome)
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(this.result)
  }
}
