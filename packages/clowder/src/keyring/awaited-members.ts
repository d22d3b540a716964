import type { ClusterChannel, ClusterMembershipListener, DeltaManager } from '@clowder/ha'
import type { Member } from '@clowder/tribes'

/** A member that went without a goodbye. */
export interface AwaitedMember {
  readonly id: string
  /** What people call it; its id where this process has never met it. */
  readonly name: string
}

export interface AwaitedMembersComponents {
  readonly channel: Pick<ClusterChannel, 'addMembershipListener' | 'removeMembershipListener'>
  readonly manager: Pick<DeltaManager, 'missingMembers'>
}

/** Remembered at a time; those gone longest are forgotten first. */
const MAX_SEEN = 1_024

/**
 * Who may come back with what it knew when it went. A process that was killed does not: once another one answers at its address it is over, because no two have one address at a time.
 */
export class AwaitedMembers implements ClusterMembershipListener {
  readonly #components: AwaitedMembersComponents
  readonly #seen = new Map<string, Member>()

  constructor(components: AwaitedMembersComponents) {
    this.#components = components
    components.channel.addMembershipListener(this)
  }

  /** As far as this process knows. */
  list(): readonly AwaitedMember[] {
    const { ids } = this.#components.manager.missingMembers()
    return ids.filter(id => !this.#isOver(id)).map(id => ({ id, name: this.#seen.get(id)?.name ?? id }))
  }

  /** Nobody is awaited, and this process would know. */
  get isNobody(): boolean {
    return this.#components.manager.missingMembers().isComplete && this.list().length === 0
  }

  stop(): void {
    this.#components.channel.removeMembershipListener(this)
  }

  memberAdded(member: Member): void {
    this.#seen.delete(member.id)
    this.#seen.set(member.id, member)
    const oldest = this.#seen.keys().next()
    if (this.#seen.size > MAX_SEEN && !oldest.done) this.#seen.delete(oldest.value)
  }

  memberDisappeared(): void {}

  #isOver(id: string): boolean {
    const gone = this.#seen.get(id)
    if (!gone) return false
    const later = [...this.#seen.values()]
    return later.slice(later.indexOf(gone) + 1).some(({ host, port }) => host === gone.host && port === gone.port)
  }
}
