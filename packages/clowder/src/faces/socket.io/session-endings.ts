import type { ClusterListener, ClusterMembershipListener } from '@clowder/ha'
import type { ChannelMessage, Member } from '@clowder/tribes'
import type { Cluster } from '../../cluster/cluster.js'
import { decodeEndings, ENDINGS_NAMESPACE, type Ending, encodeEndings } from './ending-codec.js'

/** So many fit the smallest `receiver.maxFrameBytes` that can be configured. */
const MAX_ENDINGS = 400
/** Sessions that were ended last, for those who come back: they may have sockets of them. */
const MAX_REMEMBERED = 10_000

/** `isRenamed`: the session goes on under another id. */
export type EndingListener = (id: string, isRenamed: boolean) => void

/**
 * Tells of every session that ends, on every member. The events of the cluster do so where a member holds the session; the others, of which there are some with
 * `manager.copies`, and all with `manager.notifySessionListenersOnReplication: false`, are told by the one at which it ended: one message for all that end in one turn, and again to whoever was
 * cut off meanwhile.
 */
export class SessionEndings implements ClusterListener, ClusterMembershipListener {
  readonly #cluster: Cluster
  readonly #ended: EndingListener
  #untold: Ending[] = []
  /** By id, the latest last: what was ended here. */
  readonly #remembered = new Map<string, Ending>()

  constructor(cluster: Cluster, ended: EndingListener) {
    this.#cluster = cluster
    this.#ended = ended
    cluster.on('sessionDestroyed', ({ id, local, reason }) => {
      const ending = { id, isRenamed: reason === 'renamed' }
      if (local) this.#remember(ending)
      this.#tell(ending, local)
    })
    // Nothing to remember: where this node could not see it may have been in use.
    cluster.on('sessionExpired', ({ id, local }) => this.#tell({ id, isRenamed: false }, local))
    cluster.channel.addChannelListener(this)
    cluster.channel.addMembershipListener(this)
  }

  accept({ body }: ChannelMessage): boolean {
    return body[0] === ENDINGS_NAMESPACE
  }

  messageReceived({ body }: ChannelMessage): void {
    for (const { id, isRenamed } of decodeEndings(body)) this.#ended(id, isRenamed)
  }

  memberAdded(member: Member): void {
    this.#postAll([member], [...this.#remembered.values()])
  }

  memberDisappeared(): void {}

  #tell(ending: Ending, local: boolean): void {
    this.#ended(ending.id, ending.isRenamed)
    if (local && this.#untold.push(ending) === 1) setImmediate(() => this.#tellOthers())
  }

  #tellOthers(): void {
    const endings = this.#untold
    this.#untold = []
    this.#postAll(this.#cluster.members(), endings)
  }

  #remember(ending: Ending): void {
    this.#remembered.set(ending.id, ending)
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(oldest!)
  }

  #postAll(members: readonly Member[], endings: readonly Ending[]): void {
    if (members.length === 0) return
    for (let i = 0; i < endings.length; i += MAX_ENDINGS)
      this.#post(members, encodeEndings(endings.slice(i, i + MAX_ENDINGS)))
  }

  /** The cluster may be stopping. */
  #post(members: readonly Member[], bytes: Uint8Array): void {
    const { channel, logger } = this.#cluster
    try {
      channel.post(members, bytes, { guarantee: 'use-ack' })
    } catch (error) {
      logger.debug({ err: error }, 'The other members were not told that sessions have ended.')
    }
  }
}
