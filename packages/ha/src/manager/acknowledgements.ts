import type { Clock, DeliveryObserver, FaultyMember, Member } from '@clowder/tribes'
import { Deadlines, type Waiting } from './deadlines.js'
import type { LaggingMembers } from './lagging-members.js'
import type { Acknowledged, AcknowledgementLevel } from './manager.js'

export interface AcknowledgementCounts {
  held: number
  degraded: number
}

/** Who holds a commit, counted until enough do. `backup` needs one other member, `all` every member that is not lagging; `async` waits for none. */
export class Acknowledgements {
  readonly counts: AcknowledgementCounts = { held: 0, degraded: 0 }
  readonly #lagging: LaggingMembers
  readonly #deadlines: Deadlines

  constructor(components: { readonly clock: Clock; readonly lagging: LaggingMembers }, timeoutMs: number) {
    this.#lagging = components.lagging
    this.#deadlines = new Deadlines(components, timeoutMs)
  }

  /** Pass the result to the send as its observer. Absent when there is nobody to wait for. */
  expect(level: AcknowledgementLevel, members: readonly Member[]): PendingCommit | undefined {
    if (level === 'async' || members.length === 0) return undefined
    const answering = members.filter(m => !this.#lagging.has(m)).length
    const pending = new PendingCommit(
      members,
      level === 'backup' ? 1 : Math.max(1, answering),
      this.#lagging,
      this.counts,
    )
    if (answering === 0) pending.expired()
    else this.#deadlines.add(pending)
    return pending
  }

  stop(): void {
    this.#deadlines.stop()
  }
}

/** One commit on its way to being held. */
export class PendingCommit implements DeliveryObserver, Waiting {
  readonly acknowledged: Promise<Acknowledged>
  readonly #lagging: LaggingMembers
  readonly #counts: AcknowledgementCounts
  readonly #silent: Set<Member>
  #missing: number
  #resolve!: (outcome: Acknowledged) => void
  #outcome: Acknowledged | undefined

  constructor(members: readonly Member[], needed: number, lagging: LaggingMembers, counts: AcknowledgementCounts) {
    this.#silent = new Set(members)
    this.#missing = needed
    this.#lagging = lagging
    this.#counts = counts
    this.acknowledged = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  get isOver(): boolean {
    return this.#outcome !== undefined
  }

  memberAccepted(member: Member): void {
    this.#silent.delete(member)
    this.#lagging.clear(member)
    if (--this.#missing === 0) this.#settle('held')
  }

  memberFailed({ member }: FaultyMember): void {
    this.#silent.delete(member)
    if (this.#silent.size < this.#missing) this.#settle('degraded')
  }

  expired(): void {
    for (const member of this.#silent) this.#lagging.missed(member)
    this.#settle('degraded')
  }

  #settle(outcome: Acknowledged): void {
    if (this.#outcome) return
    this.#outcome = outcome
    this.#counts[outcome]++
    this.#resolve(outcome)
  }
}
