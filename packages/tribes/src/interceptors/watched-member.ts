import type { Suspicion } from '../channel-interceptor.js'
import type { Member } from '../member.js'
import type { Timer } from '../ports/clock.js'

/** What the TcpFailureDetector remembers of one member. */
export class WatchedMember {
  readonly member: Member
  /** When it was announced. */
  readonly sinceMs: number
  /** True: it has answered once, and the layers above know it. */
  isVerified = false
  /** A question is on its way. */
  isAsked = false
  /** The connection closed while a question was on its way. */
  isAskedAgain = false
  /** Why it is being asked, once verified. */
  suspicion: Suspicion | undefined
  /** Questions in a row that were not answered. */
  failures = 0
  retry: Timer | undefined

  constructor(member: Member, sinceMs: number) {
    this.member = member
    this.sinceMs = sinceMs
  }
}
