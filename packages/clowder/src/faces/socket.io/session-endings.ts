import type { ClusterListener } from '@clowder/ha'
import type { ChannelMessage, Member } from '@clowder/tribes'
import type { Cluster } from '../../cluster/cluster.js'
import { decodeEndings, ENDINGS_NAMESPACE, type Ending, encodeEndings } from './ending-codec.js'

/** So many fit the smallest `receiver.maxFrameBytes` that can be configured. */
const MAX_ENDINGS = 400

/** `isRenamed`: the session goes on under another id. */
export type EndingListener = (id: string, isRenamed: boolean) => void

/**
 * Tells of every session that ends, on every member. The events of the cluster do so where a member holds the session; the others, of which there are some with
 * `manager.copies`, and all with `manager.notifyListenersOnReplication: false`, are told by the one at which it ended: one message for all that end in one turn.
 */
export class SessionEndings implements ClusterListener {
  readonly #cluster: Cluster
  readonly #ended: EndingListener
  #untold: Ending[] = []

  constructor(cluster: Cluster, ended: EndingListener) {
    this.#cluster = cluster
    this.#ended = ended
    cluster.on('sessionDestroyed', ({ id, local, reason }) => this.#tell(id, local, reason === 'renamed'))
    cluster.on('sessionExpired', ({ id, local }) => this.#tell(id, local, false))
    cluster.channel.addChannelListener(this)
  }

  accept({ body }: ChannelMessage): boolean {
    return body[0] === ENDINGS_NAMESPACE
  }

  messageReceived({ body }: ChannelMessage): void {
    for (const { id, isRenamed } of decodeEndings(body)) this.#ended(id, isRenamed)
  }

  #tell(id: string, local: boolean, isRenamed: boolean): void {
    this.#ended(id, isRenamed)
    if (local && this.#untold.push({ id, isRenamed }) === 1) setImmediate(() => this.#tellOthers())
  }

  #tellOthers(): void {
    const endings = this.#untold
    this.#untold = []
    const members = this.#cluster.members()
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
