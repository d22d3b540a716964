import type { Session } from './session-data.js'

/**
 * A session without an HTTP answer: nothing is committed by itself, so whatever is changed needs `session.save()`, and the client hears of it only if
 * somebody takes the cookie to it.
 */
export interface SessionVisit {
  /** False: the client has no session, or it has ended. */
  readonly isKnown: boolean
  /** As `req.session`: the first look makes one if there is none; undefined after `destroy`. Throws TooManyActiveSessionsError. */
  readonly session: Session | undefined
  /** The Set-Cookie lines that are due after what was saved or destroyed here; none when the client's cookie is good as it is. */
  setCookies(): readonly string[]
}
