import type { FaceSession, FaceVisit } from './face-under-test.js'

type Done = (error?: unknown) => void

/** The members of a session of express-session's shape that are not its attributes. */
interface ConnectSession extends FaceSession {
  readonly id: string
  regenerate(done: Done): unknown
  destroy(done: Done): unknown
  save(done: Done): unknown
  reload(done: Done): unknown
}

/** The visit of a request that has its session as express-session gives it: `req.session`, with callbacks. */
export function connectVisit(request: object): FaceVisit {
  const holder = request as { session: ConnectSession | null | undefined }
  const told = (act: (session: ConnectSession, done: Done) => unknown) =>
    new Promise<void>((resolve, reject) => {
      if (!holder.session) throw new Error('this request has no session')
      act(holder.session, error => (error ? reject(error) : resolve()))
    })
  return {
    session: () => holder.session,
    id: () => holder.session?.id,
    regenerate: () => told((session, done) => session.regenerate(done)),
    destroy: () => told((session, done) => session.destroy(done)),
    save: () => told((session, done) => session.save(done)),
    reload: () => told((session, done) => session.reload(done)),
    unset: () => {
      holder.session = null
    },
  }
}
