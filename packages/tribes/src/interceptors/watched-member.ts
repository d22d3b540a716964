import type { Suspicion } from '../channel-interceptor.js'
import type { Member } from '../member.js'
import type { Timer } from '../ports/clock.js'

/** What the TcpFailureDetector remembers of one member. */
export class WatchedMember {
  /** As it last introduced itself; once verified it stays as it is known above. */
  member: Member
  /** When it was announced. */
  readonly sinceMs: number
  /** True: it has answered once, and the layers above know it. */
  isVerified = false
  /** A question is on its way. */
  isAsked = false
  /** Asked so far; only the last one counts. */
  questions = 0
  /** The connection closed while a question was on its way. */
  isAskedAgain = false
  /** Why it is being asked, once verified. */
  suspicion: Suspicion | undefined
  /** Questions in a row that were not answered. */
  failures = 0
  /** When it last answered while it was suspected. */
  refutedAtMs = Number.NEGATIVE_INFINITY
  retry: Timer | undefined

  constructor(member: Member, sinceMs: number) {
    this.member = member
    this.sinceMs = sinceMs
  }
}
