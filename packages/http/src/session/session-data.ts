import type { RequestSession } from './request-session.js'

/**
 * What your sessions hold. Augment it, and `req.session` is typed everywhere:
 *
 *     declare module '@clowder/http' {
 *       interface SessionData { user: { name: string } }
 *     }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented
export interface SessionData {}

/** `req.session`: its attributes, each of which may be absent, and its own members. */
export type Session = RequestSession & Partial<SessionData>

declare module 'node:http' {
  interface IncomingMessage {
    /** Undefined where the valve's `filter` matches, and after `destroy`. The first read makes a session if there is none. */
    session: Session
    sessionID: string
  }
}

declare global {
  namespace Express {
    interface Request {
      session: Session
      sessionID: string
    }
  }
}
