import { TribesError } from '../errors.js'
import { type Member, memberText } from '../member.js'

/** Thrown by `post` and `send` before `start` has a local member, and from the moment `stop` is called. */
export class ChannelStoppedError extends TribesError {
  constructor() {
    super('TRIBES_CHANNEL_STOPPED', 'the channel is not started: nothing can be sent before start() or after stop()')
  }
}

/** A message to nobody is a mistake of the caller: it would never settle. */
export class NoDestinationError extends TribesError {
  constructor() {
    super('TRIBES_NO_DESTINATION', 'the message has no destination: ask members() or hasMembers() first')
  }
}

/** Two interceptors would each believe that a message is theirs. Refused at `start`. */
export class OptionFlagClashError extends TribesError {
  constructor(first: string, second: string, sharedBits: number) {
    const bits = `0x${sharedBits.toString(16)}`
    super('TRIBES_OPTION_FLAG_CLASH', `${first} and ${second} share the option bits ${bits}: give one of them another`)
  }
}

/** Why a member was taken off the list without having said goodbye. */
export class MemberGoneError extends TribesError {
  constructor(member: Member, why: string, options?: ErrorOptions) {
    super('TRIBES_MEMBER_GONE', `${memberText(member)} is gone: ${why}`, options)
  }
}

/** Why what was queued for a member failed: it was said under an incarnation that belongs to another process, or to another address. */
export class IncarnationChangedError extends TribesError {
  constructor(previous: Member, local: Member) {
    const hasMoved = previous.host !== local.host || previous.port !== local.port
    const why = hasMoved ? `it is at ${local.host}:${local.port} now` : 'a cloned process had the same one'
    super('TRIBES_INCARNATION_CHANGED', `${memberText(previous)} has taken another incarnation: ${why}`)
  }
}
