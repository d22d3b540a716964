import { type Member, member, newUniqueId, type Random } from '@clowder/tribes'
import type { ClusterChannel } from './cluster-channel.js'

/** The channel of an application that is not distributable: this member alone, no socket. */
export class LocalChannel implements ClusterChannel {
  readonly isSolitary = true
  readonly #local: Member

  constructor(components: { readonly random: Random }, options: { readonly name: string }) {
    const uniqueId = newUniqueId(components.random)
    this.#local = member({
      uniqueId,
      host: 'localhost',
      port: 0,
      name: options.name,
      domain: '',
      payload: new Uint8Array(0),
      aliveMs: 0,
    })
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  localMember(): Member {
    return this.#local
  }

  members(): readonly Member[] {
    return []
  }

  pendingMembers(): number {
    return 0
  }

  post(): number {
    return 0
  }

  addChannelListener(): void {}
  removeChannelListener(): void {}
  addMembershipListener(): void {}
  removeMembershipListener(): void {}
}
