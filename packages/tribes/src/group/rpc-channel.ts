import type { ChannelMessage, DeliveryGuarantee } from '../channel-message.js'
import { type Member, memberText } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { ChannelListener, MembershipEvents } from './channel-listener.js'
import type { GroupChannel } from './group-channel.js'
import { type Reply, type ReplyMode, RpcCall } from './rpc-call.js'
import { decodeRpc, encodeRpc, type RpcEnvelope, type RpcKind, rpcIn } from './rpc-envelope.js'

/** The answering side of an RpcChannel. */
export interface RpcCallback {
  /** `body` is the callee's own copy. Undefined, or a throw (logged): the caller is told that no reply will come. */
  replyRequest(body: Uint8Array, sender: Member): Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** A reply came after its call had ended. */
  leftOver?(body: Uint8Array, sender: Member): void
}

export interface RpcChannelComponents {
  readonly channel: GroupChannel
  readonly clock: Clock
  readonly logger: Logger
  readonly callback: RpcCallback
}

export interface RpcChannelOptions {
  /** Which of several RpcChannels over one channel; the same on all members, at most 64 bytes. */
  readonly rpcId: Uint8Array
}

export interface RpcSendOptions {
  readonly mode: ReplyMode
  /** How long to wait for replies; what came until then is the result. */
  readonly timeoutMs: number
  /** How the request travels. @default 'use-ack' */
  readonly guarantee?: Exclude<DeliveryGuarantee, 'synchronized-ack'>
}

const EMPTY = new Uint8Array(0)

/**
 * Requests and replies over a GroupChannel (Tomcat's RpcChannel). A member without a listener, one that cannot be reached and one that dies
 * count as having answered, so that nobody waits for them.
 */
export class RpcChannel implements ChannelListener, MembershipEvents {
  readonly #components: RpcChannelComponents
  readonly #rpcId: Uint8Array
  readonly #calls = new Map<number, RpcCall>()

  constructor(components: RpcChannelComponents, options: RpcChannelOptions) {
    this.#components = components
    this.#rpcId = options.rpcId
  }

  /** Begins to answer. */
  start(): void {
    this.#components.channel.addChannelListener(this)
    this.#components.channel.addMembershipListener(this)
  }

  /** Ends every call in progress with the replies that it has. */
  stop(): void {
    this.#components.channel.removeChannelListener(this)
    this.#components.channel.removeMembershipListener(this)
    for (const call of [...this.#calls.values()]) call.finish()
  }

  /**
   * Resolves with the replies: as many as `mode` asks for, or fewer when `timeoutMs` has passed or nobody is left who could reply. Rejects only
   * with what `GroupChannel.post` throws.
   */
  send(destinations: readonly Member[], body: Uint8Array, options: RpcSendOptions): Promise<Reply[]> {
    return new Promise(resolve => {
      // As the request is numbered: a late reply to a call of another RpcChannel that was here before is none to one of these.
      const id = this.#components.channel.stats.messagesSent + 1
      const call = this.#newCall(id, destinations, options, resolve)
      const request = this.#encode('request', id, body)
      const memberFailed = ({ member }: { member: Member }) => call.willNotReply(member)
      try {
        this.#components.channel.post(
          destinations,
          request,
          { guarantee: options.guarantee ?? 'use-ack' },
          { memberFailed },
        )
      } catch (error) {
        resolve(Promise.reject(error))
        call.finish()
      }
      if (options.mode === 'none') call.finish()
    })
  }

  accept(message: ChannelMessage): boolean {
    const envelope = rpcIn(message.body)
    return envelope !== undefined && equal(envelope.rpcId, this.#rpcId)
  }

  /** A request is in work until it is answered: of a member that asks faster than that no more is read than `maxInFlightBytes`. Its acknowledgement does not wait for it. */
  messageReceived(message: ChannelMessage): void | Promise<void> {
    const envelope = decodeRpc(message.body)
    if (envelope.kind === 'request') return this.#answer(envelope.call, Uint8Array.from(envelope.body), message.source)
    this.#replied(envelope, message.source)
  }

  memberAdded(): void {}

  memberDisappeared(member: Member): void {
    for (const call of [...this.#calls.values()]) call.willNotReply(member)
  }

  #newCall(
    id: number,
    destinations: readonly Member[],
    options: RpcSendOptions,
    done: (replies: Reply[]) => void,
  ): RpcCall {
    const call = new RpcCall(destinations, options.mode, replies => {
      timer.cancel()
      this.#calls.delete(id)
      done(replies)
    })
    const timer = this.#components.clock.setTimer(options.timeoutMs, () => call.finish())
    this.#calls.set(id, call)
    return call
  }

  #replied({ kind, call: id, body }: RpcEnvelope, sender: Member): void {
    const call = this.#calls.get(id)
    if (kind === 'no-reply') call?.willNotReply(sender)
    else if (call) call.replied(sender, Uint8Array.from(body))
    else this.#components.callback.leftOver?.(Uint8Array.from(body), sender)
  }

  /** Never rejects. */
  async #answer(call: number, body: Uint8Array, sender: Member): Promise<void> {
    try {
      const reply = await this.#components.callback.replyRequest(body, sender)
      this.#post(sender, reply ? this.#encode('reply', call, reply) : this.#encode('no-reply', call, EMPTY))
    } catch (error) {
      this.#components.logger.error(
        { member: sender, err: error },
        `A request from ${memberText(sender)} was not answered.`,
      )
      this.#refuse(sender, call)
    }
  }

  /** The channel may have been stopped meanwhile: then there is nobody to tell. */
  #refuse(sender: Member, call: number): void {
    try {
      this.#post(sender, this.#encode('no-reply', call, EMPTY))
    } catch (error) {
      this.#components.logger.debug({ member: sender, err: error }, 'A refusal could not be sent.')
    }
  }

  #post(sender: Member, bytes: Uint8Array): void {
    this.#components.channel.post([sender], bytes, { guarantee: 'asynchronous' })
  }

  #encode(kind: RpcKind, call: number, body: Uint8Array): Uint8Array {
    return encodeRpc({ kind, rpcId: this.#rpcId, call, body })
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
