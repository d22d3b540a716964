import { TribesError } from '../errors.js'
import { type Member, memberText } from '../member.js'

/** Nothing came from the member for so long that it is no member any more. */
export class MemberSilentError extends TribesError {
  readonly member: Member
  constructor(member: Member, how: 'lost' | 'unreachable') {
    const detail =
      how === 'lost' ? 'nobody has heard it within dropTime' : 'it is heard, but nothing comes from it over TCP'
    super('TRIBES_MEMBER_SILENT', `${memberText(member)} is silent: ${detail}`)
    this.member = member
  }
}
