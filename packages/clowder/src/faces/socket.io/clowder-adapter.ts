import type { Namespace } from 'socket.io'
import { ClusterAdapterWithHeartbeat, type ClusterMessage, type ClusterResponse, MessageType } from 'socket.io-adapter'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster } from '../../cluster/face-calls.js'
import { AdapterChannel, type ChannelAdapter } from './adapter-channel.js'

/** How rooms and broadcasts cross nodes. */
export interface ClowderAdapterOptions {
  /** Tells several Socket.IO servers of one application from each other: each meets those of its own name. @default '' */
  readonly name?: string
  /**
   * Bytes of messages that may wait for one member that acknowledges more slowly than this one broadcasts. Broadcasts beyond it do not reach its sockets; a warning with SocketsBehindError
   * (`CLOWDER_SOCKETS_BEHIND`) tells of it. @default 67_108_864
   */
  readonly maxBacklogBytes?: number
}

const MAX_BACKLOG_BYTES = 67_108_864

/**
 * `io.adapter(clowderAdapter(cluster))` makes one Socket.IO server of those of all members: rooms, broadcasts, acknowledgements, `fetchSockets`, `socketsJoin`,
 * `disconnectSockets` and `serverSideEmit` reach the sockets of every member, over the cluster's own connections. One for each server. Throws FaceMisusedError (`CLOWDER_FACE_MISUSED`) without a cluster.
 */
export function clowderAdapter(cluster: Cluster, options: ClowderAdapterOptions = {}) {
  // Socket.IO would call it for every namespace, where it is given in place of what it makes.
  assertCluster(cluster, 'io.adapter(clowderAdapter(cluster))')
  const channel = new AdapterChannel(cluster, options.name ?? '', options.maxBacklogBytes ?? MAX_BACKLOG_BYTES)
  // Socket.IO calls it with `new`, which an arrow function does not bear.
  return function adapterOf(namespace: Namespace): ClusterAdapterWithHeartbeat {
    return new ClowderAdapter(namespace, channel)
  }
}

/**
 * The adapter of one namespace. Who takes part is learnt by its messages, and the heartbeat finds those of whom nothing was heard; that somebody is gone is
 * known from the cluster's membership, which notices sooner.
 */
class ClowderAdapter extends ClusterAdapterWithHeartbeat implements ChannelAdapter {
  readonly #channel: AdapterChannel
  #isClosed = false

  constructor(namespace: Namespace, channel: AdapterChannel) {
    super(namespace, {})
    this.#channel = channel
    channel.join(this.nsp.name, this)
    unrefTimers(this)
  }

  override close(): void {
    super.close()
    this.#isClosed = true
    this.#channel.leave(this.nsp.name, this)
  }

  override publish(message: Parameters<ClusterAdapterWithHeartbeat['publish']>[0]): void {
    super.publish(message)
    unrefTimers(this)
  }

  get greeting(): ClusterMessage {
    return { type: MessageType.HEARTBEAT, uid: this.uid, nsp: this.nsp.name }
  }

  messageReceived(message: ClusterMessage): void {
    this.onMessage(message)
  }

  /** Whoever waits for its answer gets what the others have. */
  adapterGone(uid: string): void {
    this.onMessage({ ...this.#goodbye, uid })
  }

  /** No offset: a client that reconnects is not given what it missed. */
  protected override async doPublish(message: ClusterMessage): Promise<string> {
    this.#channel.publish(message)
    if (this.#isClosed) this.#channel.publish(this.#goodbye)
    return ''
  }

  protected override async doPublishResponse(uid: string, response: ClusterResponse): Promise<void> {
    this.#channel.reply(uid, response)
    if (this.#isClosed) this.#channel.reply(uid, this.#goodbye)
  }

  /** Follows whatever is said after the end, as when the last socket of a namespace goes: the others would wait for answers from here again. */
  get #goodbye(): ClusterMessage {
    return { type: MessageType.ADAPTER_CLOSE, uid: this.uid, nsp: this.nsp.name }
  }
}

/** The heartbeat's: nothing of a cluster keeps the process open. */
function unrefTimers(adapter: object): void {
  const { cleanupTimer, heartbeatTimer } = adapter as Record<string, NodeJS.Timeout | undefined>
  cleanupTimer?.unref()
  heartbeatTimer?.unref()
}
