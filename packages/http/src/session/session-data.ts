import type { RequestSession } from './request-session.js'

/**
 * What your sessions hold. Augment it, and `req.session` is typed everywhere:
 *
 *     declare module 'clowder' {
 *       interface SessionData { user: { name: string } }
 *     }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented
export interface SessionData {}

/** `req.session`: its attributes, each of which may be absent, and its own members. */
export type Session = RequestSession & Partial<SessionData>

/** The type that another package has declared for `req.session`: both can be in one program, and theirs stands then. */
type Declared<Request, Name extends string, Otherwise> =
  Request extends Readonly<Record<Name, infer Type>> ? Type : Otherwise

declare module 'node:http' {
  interface IncomingMessage {
    /** Undefined where the valve's `filter` matches, and after `destroy`. The first read makes a session if there is none. */
    session: Declared<Express.Request, 'session', Session>
    sessionID: Declared<Express.Request, 'sessionID', string>
  }
}

declare global {
  namespace Express {
    // What Express has besides IncomingMessage; empty unless something like @types/express-session is there.
    interface Request {}
  }
}
