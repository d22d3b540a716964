import type { ClusterListener, ClusterMembershipListener } from '@clowder/ha'
import { type ChannelMessage, type FaultyMember, type Member, memberText } from '@clowder/tribes'
import { type ClusterMessage, type ClusterResponse, MessageType } from 'socket.io-adapter'
import type { Cluster } from '../../cluster/cluster.js'
import type { SocketsBehindError } from '../../errors.js'
import { MemberBacklog } from './member-backlog.js'
import { PartReader, PartWriter } from './message-parts.js'
import { decodePacket, encodePacket } from './packet-codec.js'

/** The adapter of one namespace, as the channel sees it. */
export interface ChannelAdapter {
  /** What makes it known to the others. */
  readonly greeting: ClusterMessage
  messageReceived(message: ClusterMessage | ClusterResponse): void
  adapterGone(uid: string): void
}

/** What the adapters of one Socket.IO server, one for each namespace, say to those of the same name on the other members. What one of them says arrives in its order. */
export class AdapterChannel implements ClusterListener, ClusterMembershipListener {
  readonly #cluster: Cluster
  readonly #writer: PartWriter
  readonly #reader: PartReader
  readonly #adapters = new Map<string, ChannelAdapter>()
  /** Where the adapters of other members are, by their uid. */
  readonly #sources = new Map<string, Member>()

  /** By their member's id. */
  readonly #backlogs = new Map<string, MemberBacklog>()
  readonly #maxBacklogBytes: number

  constructor(cluster: Cluster, name: string, maxBacklogBytes: number) {
    this.#cluster = cluster
    this.#maxBacklogBytes = maxBacklogBytes
    this.#writer = new PartWriter(name)
    this.#reader = new PartReader(name)
  }

  join(namespace: string, adapter: ChannelAdapter): void {
    this.#adapters.set(namespace, adapter)
    this.#cluster.channel.addChannelListener(this)
    this.#cluster.channel.addMembershipListener(this)
  }

  leave(namespace: string, adapter: ChannelAdapter): void {
    if (this.#adapters.get(namespace) === adapter) this.#adapters.delete(namespace)
    if (this.#adapters.size > 0) return
    this.#cluster.channel.removeChannelListener(this)
    this.#cluster.channel.removeMembershipListener(this)
  }

  /** To all members. What cannot be sent is logged: the sockets of this one get it in any case. */
  publish(message: ClusterMessage): void {
    const members = this.#cluster.members()
    if (members.length > 0) this.#post(members, message)
    // Alone, or stopped: nobody is left who could answer.
    else for (const uid of [...this.#sources.keys()]) this.#forget(uid)
  }

  reply(uid: string, response: ClusterMessage | ClusterResponse): void {
    const source = this.#sources.get(uid)
    if (source) this.#post([source], response)
  }

  accept({ body }: ChannelMessage): boolean {
    return this.#reader.accepts(body)
  }

  messageReceived({ body, source }: ChannelMessage): void {
    const bytes = this.#reader.read(body, source)
    if (!bytes) return
    const message = decodePacket(bytes)
    if (message.type === MessageType.ADAPTER_CLOSE) this.#sources.delete(message.uid)
    else this.#sources.set(message.uid, source)
    this.#adapters.get(message.nsp)?.messageReceived(message)
  }

  memberAdded(member: Member): void {
    for (const { greeting } of this.#adapters.values()) this.#post([member], greeting)
  }

  memberDisappeared(member: Member): void {
    this.#reader.forget(member)
    this.#backlogs.get(member.id)?.close()
    this.#backlogs.delete(member.id)
    for (const [uid, source] of [...this.#sources]) if (source.id === member.id) this.#forget(uid)
  }

  /** The others have lost whom they knew. */
  incarnationChanged(): void {
    for (const { greeting } of this.#adapters.values()) this.publish(greeting)
  }

  #forget(uid: string): void {
    this.#sources.delete(uid)
    for (const adapter of this.#adapters.values()) adapter.adapterGone(uid)
  }

  #post(to: readonly Member[], message: ClusterMessage | ClusterResponse): void {
    try {
      const parts = this.#writer.parts(encodePacket(message))
      const isBounded = message.type === MessageType.BROADCAST
      for (const member of to) this.#backlogOf(member).add(parts, isBounded)
    } catch (error) {
      const { logger } = this.#cluster
      logger.error({ err: error, namespace: message.nsp }, 'A message of Socket.IO was not sent to the other members.')
    }
  }

  #backlogOf(member: Member): MemberBacklog {
    const known = this.#backlogs.get(member.id)
    if (known) return known
    const { channel, logger } = this.#cluster
    const failed = ({ member: lost, cause }: FaultyMember) =>
      logger.debug({ member: lost, err: cause }, `A message of Socket.IO did not reach ${memberText(lost)}.`)
    const refused = (error: SocketsBehindError) =>
      logger.warn({ member, err: error }, `Broadcasts of Socket.IO are lost: ${error.message}`)
    const backlog = new MemberBacklog({ channel, failed, refused }, member, this.#maxBacklogBytes)
    this.#backlogs.set(member.id, backlog)
    return backlog
  }
}
