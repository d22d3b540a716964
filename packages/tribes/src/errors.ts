import { type Member, memberText } from './member.js'

/** Every error of this package: `code` is stable and documented in docs/errors.md. */
export class TribesError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A destination that did not accept a message, and why. */
export interface FaultyMember {
  readonly member: Member
  readonly cause: Error
}

/** Rejected by `GroupChannel.send`: names each member that failed. The members not named did accept the message. */
export class SendFailedError extends TribesError {
  readonly faulty: readonly FaultyMember[]
  constructor(faulty: readonly FaultyMember[], destinationCount: number) {
    const list = faulty.map(f => `${memberText(f.member)} (${f.cause.message})`).join(', ')
    super('TRIBES_SEND_FAILED', `${faulty.length} of ${destinationCount} members did not accept the message: ${list}`, {
      cause: faulty[0]?.cause,
    })
    this.faulty = faulty
  }
}

/** Bytes that are not what they claim to be. Whoever sent them loses that stream or that datagram, nothing else. */
export class MalformedError extends TribesError {
  constructor(detail: string) {
    super('TRIBES_MALFORMED', `malformed bytes from the network: ${detail}`)
  }
}

/** One interceptor in two places: messages of the one would come out of the other. */
export class InterceptorTakenError extends TribesError {
  constructor(name: string) {
    super('TRIBES_INTERCEPTOR_TAKEN', `this ${name} is in a channel already: make a new one for each channel and place`)
  }
}

/** Why a member did not apply a message that was to be acknowledged when applied: no listener there accepts it (it is stopping, or runs another application). */
export class NoListenerError extends TribesError {
  constructor() {
    super('TRIBES_NO_LISTENER', 'no listener accepts the message: the member is stopping, or it has no such manager')
  }
}
