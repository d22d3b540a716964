import type { Session } from '@clowder/http'

// One check reads all of this repository, the tests with express-session too, whose types claim `req.session` wherever they are. Here they come second.
declare global {
  namespace Express {
    interface Request {
      session: Session
      sessionID: string
    }
  }
}
