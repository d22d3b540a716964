import { TribesError } from '../errors.js'
import { type Member, memberText } from '../member.js'
import type { Address } from '../ports/network.js'
import type { RefusalReason } from '../wire/frame.js'

/** The member was reached, but its acknowledgement did not come in time. It may have the message all the same. */
export class AckTimeoutError extends TribesError {
  readonly member: Member
  readonly timeoutMs: number
  constructor(member: Member, timeoutMs: number) {
    super('TRIBES_ACK_TIMEOUT', `no ack within ${timeoutMs} ms`)
    this.member = member
    this.timeoutMs = timeoutMs
  }
}

/** The member received the message and its listener threw. It is not sent again: it would throw again. */
export class RemoteProcessError extends TribesError {
  readonly member: Member
  readonly reason: string
  constructor(member: Member, reason: string) {
    super('TRIBES_REMOTE_PROCESS', `received, but its listener failed: ${reason}`)
    this.member = member
    this.reason = reason
  }
}

/** No connection to the member could be had, or it broke more often than `maxRetryAttempts` allows. `cause` tells which. */
export class MemberUnreachableError extends TribesError {
  readonly member: Member
  constructor(member: Member, cause: Error) {
    super('TRIBES_MEMBER_UNREACHABLE', `no connection to ${memberText(member)}: ${cause.message}`, { cause })
    this.member = member
  }
}

/** The member does not take what is sent to it as fast as it is sent. It gets nothing more until its queue is empty, and is repaired afterwards. */
export class MemberBehindError extends TribesError {
  readonly member: Member
  readonly queuedBytes: number
  readonly maxQueueBytes: number
  constructor(member: Member, queuedBytes: number, maxQueueBytes: number) {
    super(
      'TRIBES_MEMBER_BEHIND',
      `${queuedBytes} bytes wait for it already; nothing more is queued past ${maxQueueBytes} (maxQueueBytes) until it has caught up`,
    )
    this.member = member
    this.queuedBytes = queuedBytes
    this.maxQueueBytes = maxQueueBytes
  }
}

/** A body that no receiver would accept. Raise `maxFrameBytes` on all members, or send it in pieces. */
export class MessageTooLargeError extends TribesError {
  readonly bodyBytes: number
  readonly maxBodyBytes: number
  constructor(bodyBytes: number, maxBodyBytes: number) {
    super(
      'TRIBES_MESSAGE_TOO_LARGE',
      `a message of ${bodyBytes} bytes is longer than ${maxBodyBytes}; send it in pieces or raise maxFrameBytes on all members`,
    )
    this.bodyBytes = bodyBytes
    this.maxBodyBytes = maxBodyBytes
  }
}

/** Whoever listens at the address did not want the connection. */
export class HandshakeRefusedError extends TribesError {
  readonly address: Address
  readonly reason: RefusalReason
  constructor(address: Address, reason: RefusalReason, text: string) {
    super('TRIBES_HANDSHAKE_REFUSED', `${address.host}:${address.port} refused the connection (${reason}): ${text}`)
    this.address = address
    this.reason = reason
  }
}

/** It was reached, and is not let in: too many members that were never met before have come of late. Whoever is really there is found again a moment later. */
export class TooManyJoinsError extends TribesError {
  readonly member: Member
  readonly maxJoinsPerSecond: number
  constructor(member: Member, maxJoinsPerSecond: number) {
    super(
      'TRIBES_TOO_MANY_JOINS',
      `${memberText(member)} is not let in yet: more than ${maxJoinsPerSecond} new members a second (receiver.maxJoinsPerSecond) have come for a minute`,
    )
    this.member = member
    this.maxJoinsPerSecond = maxJoinsPerSecond
  }
}

/** The other end took the connection and then kept silent: hung, or no Clowder member at all. */
export class HandshakeTimeoutError extends TribesError {
  readonly address: Address
  readonly timeoutMs: number
  constructor(address: Address, timeoutMs: number) {
    super('TRIBES_HANDSHAKE_TIMEOUT', `${address.host}:${address.port} did not finish its hello within ${timeoutMs} ms`)
    this.address = address
    this.timeoutMs = timeoutMs
  }
}

/** The stream to the member ended; `cause` is the system's error where there was one. */
export class ConnectionClosedError extends TribesError {
  constructor(detail: string, cause?: Error) {
    super('TRIBES_CONNECTION_CLOSED', cause ? `${detail}: ${cause.message}` : detail, { cause })
  }
}

/** The member's event loop did not answer a PING in time: it hangs, or the connection is open on our side only. */
export class NoAnswerError extends TribesError {
  readonly member: Member
  readonly timeoutMs: number
  constructor(member: Member, timeoutMs: number) {
    super('TRIBES_NO_ANSWER', `${memberText(member)} did not answer within ${timeoutMs} ms`)
    this.member = member
    this.timeoutMs = timeoutMs
  }
}

const OUT_OF_FILES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE'])

/** The receiver's address cannot be listened at, for another reason than a taken port. */
export class CannotBindError extends TribesError {
  readonly host: string
  constructor(host: string, cause: Error) {
    const isOutOfFiles = OUT_OF_FILES.has((cause as { code?: unknown }).code)
    const advice = isOutOfFiles ? 'raise the limit of open files (ulimit -n)' : "use an address of this host, or 'auto'"
    super('TRIBES_CANNOT_BIND', `cannot listen at receiver.address ${host}: ${cause.message}; ${advice}`, { cause })
    this.host = host
  }
}

/** Every port that the receiver may use is taken. */
export class NoFreePortError extends TribesError {
  readonly host: string
  readonly firstPort: number
  readonly lastPort: number
  constructor(host: string, firstPort: number, lastPort: number, cause?: Error) {
    const range = firstPort === lastPort ? `port ${firstPort}` : `all ports from ${firstPort} to ${lastPort}`
    super(
      'TRIBES_NO_FREE_PORT',
      `${range} of ${host} cannot be bound; stop what uses them, or choose another receiver.port or a larger receiver.autoBind`,
      { cause },
    )
    this.host = host
    this.firstPort = firstPort
    this.lastPort = lastPort
  }
}

/** The transport is not started, or is stopping. */
export class TransportStoppedError extends TribesError {
  constructor() {
    super(
      'TRIBES_STOPPED',
      'the transport is not running; start the channel before sending, and do not send after its stop',
    )
  }
}
