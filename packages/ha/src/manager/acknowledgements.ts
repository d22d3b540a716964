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
    const awaited = members.filter(m => !this.#lagging.has(m))
    const pending = new PendingCommit(level, awaited, this.#lagging, this.counts)
    if (awaited.length === 0) pending.expired()
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
  readonly #level: 'backup' | 'all'
  readonly #lagging: LaggingMembers
  readonly #counts: AcknowledgementCounts
  /** Members that are waited for and have not answered, by id. */
  readonly #silent: Map<string, Member>
  #failed = 0
  #resolve!: (outcome: Acknowledged) => void
  #outcome: Acknowledged | undefined

  constructor(
    level: 'backup' | 'all',
    awaited: readonly Member[],
    lagging: LaggingMembers,
    counts: AcknowledgementCounts,
  ) {
    this.#level = level
    this.#silent = new Map(awaited.map(m => [m.id, m]))
    this.#lagging = lagging
    this.#counts = counts
    this.acknowledged = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  get isOver(): boolean {
    return this.#outcome !== undefined
  }

  /** For `backup` anybody's acceptance will do, also that of a member nobody waits for. */
  memberAccepted(member: Member): void {
    this.#lagging.heard(member)
    this.#silent.delete(member.id)
    if (this.#level === 'backup') this.#settle('held')
    else this.#settleIfAllAnswered()
  }

  memberFailed({ member }: FaultyMember): void {
    if (this.#silent.delete(member.id)) this.#failed++
    this.#settleIfAllAnswered()
  }

  expired(): void {
    for (const member of this.#silent.values()) this.#lagging.missed(member)
    this.#settle('degraded')
  }

  #settleIfAllAnswered(): void {
    if (this.#silent.size > 0) return
    this.#settle(this.#level === 'all' && this.#failed === 0 ? 'held' : 'degraded')
  }

  #settle(outcome: Acknowledged): void {
    if (this.#outcome) return
    this.#outcome = outcome
    this.#counts[outcome]++
    this.#resolve(outcome)
  }
}
