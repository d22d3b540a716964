import type { Clock, Member } from '@clowder/tribes'
import type { Forgetting } from './forgetting.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { Slices } from './slices.js'
import { StateStream } from './state-stream.js'

const LOOKED_AT_A_TIME = 256

export interface LateCertificatesComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly placement: Placement
  readonly replicas: SessionReplicas
  readonly forgetting: Forgetting
}

/**
 * Death certificates that are past their time and needed all the same, because somebody is out, are not compared any more: some members may do without them. So whoever comes
 * to hold what this node holds is given them once; otherwise they would be gone when those that have them have been replaced, one after the other.
 */
export class LateCertificates {
  readonly #components: LateCertificatesComponents
  readonly #slices: Slices
  /** For each member, the buckets that it is known to share with this node. */
  readonly #shared = new Map<string, Uint8Array>()

  constructor(components: LateCertificatesComponents) {
    this.#components = components
    this.#slices = new Slices(components)
  }

  /** A member has come or gone: who holds what has been found again. */
  placed(): void {
    const { peers, placement } = this.#components
    const members = peers.members()
    for (const id of this.#shared.keys()) if (!members.some(m => m.id === id)) this.#shared.delete(id)
    for (const member of members) {
      const before = this.#shared.get(member.id)
      const shared = placement.sharedWith(member)
      this.#shared.set(member.id, shared)
      if (shared !== before)
        this.#slices.run(this.#giving(member, bucket => shared[bucket] === 1 && before?.[bucket] !== 1))
    }
  }

  *#giving(member: Member, isNew: (bucket: number) => boolean): Generator<void> {
    const { forgetting, replicas } = this.#components
    const late: SessionCopy[] = []
    let seen = 0
    for (const copy of replicas.table.deaths()) {
      if (isNew(copy.bucket) && forgetting.isLate(copy)) late.push(copy)
      if (++seen % LOOKED_AT_A_TIME === 0) yield
    }
    if (late.length === 0) return
    const stream = new StateStream(this.#components, member, 0, () => {})
    stream.append(late[Symbol.iterator]())
    stream.close()
  }

  stop(): void {
    this.#slices.stop()
  }
}
