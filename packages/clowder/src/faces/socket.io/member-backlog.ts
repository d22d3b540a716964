import type { ClusterChannel } from '@clowder/ha'
import type { FaultyMember, Member } from '@clowder/tribes'
import { SocketsBehindError } from '../../errors.js'

export interface MemberBacklogComponents {
  readonly channel: Pick<ClusterChannel, 'post'>
  /** A message was lost on its way. */
  readonly failed: (faulty: FaultyMember) => void
  /** The first message that finds no room; the next is told when the member has had everything before it. */
  readonly refused: (error: SocketsBehindError) => void
}

/** Sent and not acknowledged. Far less than `sender.maxQueueBytes`, so that changes of sessions find room beside a burst of broadcasts. */
const UNDER_WAY_BYTES = 1_048_576
/** Messages that were sent are cut off the list when there are so many. */
const SENT_MAX = 1_024

/**
 * What waits for one member: its messages are sent in their order, as fast as it acknowledges them. A burst of them waits here and neither fills the queue of the transport, which would refuse the
 * rest of it, nor keeps sessions from being replicated.
 */
export class MemberBacklog {
  readonly #components: MemberBacklogComponents
  readonly #member: Member
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  /** Of `#parts`. */
  #sent = 0
  #waitingBytes = 0
  #underWayBytes = 0
  #isSending = false
  #isBehind = false
  #isClosed = false

  constructor(components: MemberBacklogComponents, member: Member, maxBytes: number) {
    this.#components = components
    this.#member = member
    this.#maxBytes = maxBytes
  }

  /** All parts of one message. `isBounded`: it is refused when too much waits already. */
  add(parts: readonly Uint8Array[], isBounded: boolean): void {
    if (this.#isClosed) return
    const bytes = parts.reduce((sum, part) => sum + part.length, 0)
    if (isBounded && this.#waitingBytes > 0 && this.#waitingBytes + bytes > this.#maxBytes) return this.#refuse()
    for (const part of parts) this.#parts.push(part)
    this.#waitingBytes += bytes
    this.#send()
  }

  /** Nothing more is sent: the member is gone. */
  close(): void {
    this.#isClosed = true
    this.#parts = []
    this.#sent = 0
  }

  #refuse(): void {
    if (this.#isBehind) return
    this.#isBehind = true
    this.#components.refused(new SocketsBehindError(this.#member, this.#waitingBytes, this.#maxBytes))
  }

  /** Posting may tell an outcome at once, which would send the next part within the sending of this one. */
  #send(): void {
    if (this.#isSending) return
    this.#isSending = true
    try {
      for (let part = this.#next(); part; part = this.#next()) this.#post(part)
    } finally {
      this.#isSending = false
    }
  }

  #next(): Uint8Array | undefined {
    const part = this.#parts[this.#sent]
    if (!part || (this.#underWayBytes > 0 && this.#underWayBytes + part.length > UNDER_WAY_BYTES)) return undefined
    this.#sent++
    if (this.#sent >= SENT_MAX || this.#sent === this.#parts.length) {
      this.#parts.splice(0, this.#sent)
      this.#sent = 0
    }
    this.#waitingBytes -= part.length
    this.#underWayBytes += part.length
    return part
  }

  #post(part: Uint8Array): void {
    const { channel, failed } = this.#components
    const settled = () => this.#settled(part.length)
    try {
      channel.post([this.#member], part, { guarantee: 'use-ack' }, { memberFailed: failed, settled })
    } catch (cause) {
      // The cluster has stopped.
      this.close()
      failed({ member: this.#member, cause: cause as Error })
    }
  }

  #settled(bytes: number): void {
    this.#underWayBytes -= bytes
    if (this.#isClosed) return
    if (this.#underWayBytes === 0 && this.#waitingBytes === 0) this.#isBehind = false
    this.#send()
  }
}
