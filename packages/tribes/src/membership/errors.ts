import { TribesError } from '../errors.js'

/** An option of a membership service that cannot be meant. Thrown by its constructor, by `start` for the local member's own texts, and by the setters. */
export class MembershipOptionError extends TribesError {
  readonly option: string
  readonly given: unknown
  constructor(option: string, given: unknown, allowed: string) {
    super('TRIBES_BAD_MEMBERSHIP_OPTION', `membership.${option} is ${given}, but must be ${allowed}`)
    this.option = option
    this.given = given
  }
}

/** The multicast group cannot be joined at all. */
export class CannotJoinGroupError extends TribesError {
  readonly group: string
  constructor(group: string, bind: string | undefined, cause: Error) {
    const where = bind === undefined ? '' : ` at membership.bind ${bind}`
    super(
      'TRIBES_CANNOT_JOIN_GROUP',
      `cannot join the multicast group ${group}${where}: ${cause.message}; use an address of this host, or set membership.multicast: false and list membership.members`,
      { cause },
    )
    this.group = group
  }
}

/** A text in the list of members that names no host and port. */
export class BadMemberAddressError extends TribesError {
  readonly given: string
  constructor(given: string, detail: string) {
    super(
      'TRIBES_BAD_MEMBER_ADDRESS',
      `${JSON.stringify(given)} is no member address: ${detail}; write host:port, 10.0.0.3:4000 or [fd00::3]:4000`,
    )
    this.given = given
  }
}
