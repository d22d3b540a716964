import { SessionInvalidatedError } from '@clowder/ha'
import { NoSessionError } from '../errors.js'
import { isLive, RequestSession } from './request-session.js'

/**
 * `req.session` with the verbs of jakarta.servlet.http.HttpSession: `new HttpSession(req.session)`. It has no state of its own, so that both can be used side by side, and as
 * many of these as one likes. Where the servlet specification has IllegalStateException, on a session that has ended, it throws SessionInvalidatedError
 * (`HA_SESSION_INVALIDATED`).
 */
export class HttpSession {
  readonly #session: RequestSession & Record<string, unknown>

  /** Throws NoSessionError (`HTTP_NO_SESSION`) where the request has no session: after its end, and where `valve.filter` matches. */
  constructor(session: object | undefined) {
    if (!(session instanceof RequestSession)) throw new NoSessionError()
    this.#session = session as RequestSession & Record<string, unknown>
  }

  getId(): string {
    return this.#session.id
  }

  /** True until its first commit: the client does not know it yet. */
  isNew(): boolean {
    return this.#live('ask whether it is new').isNew
  }

  /** Epoch milliseconds. */
  getCreationTime(): number {
    return this.#live('read the creation time').createdAt.getTime()
  }

  /** Epoch milliseconds of the last use, which this request is one of: a servlet is told of the request before. */
  getLastAccessedTime(): number {
    return this.#live('read the last access').lastAccessedAt.getTime()
  }

  /** Seconds that the session may be idle; ≤ 0: for ever. */
  getMaxInactiveInterval(): number {
    return this.#session.maxInactiveInterval
  }

  setMaxInactiveInterval(seconds: number): void {
    this.#live('set maxInactiveInterval').setMaxInactiveInterval(seconds)
  }

  /** Undefined, where a servlet gets null, when there is none. What is changed inside the value is a change of the session. */
  getAttribute(name: string): unknown {
    const session = this.#live('read an attribute')
    return Object.hasOwn(session, name) ? session[name] : undefined
  }

  getAttributeNames(): readonly string[] {
    return Object.keys(this.#live('list the attributes'))
  }

  /** Null and undefined remove it. Throws ReservedAttributeError (`HTTP_RESERVED_ATTRIBUTE`) for the names that `req.session` has for itself. */
  setAttribute(name: string, value: unknown): void {
    const session = this.#live('set an attribute')
    if (value === null || value === undefined) this.removeAttribute(name)
    else session[name] = value
  }

  removeAttribute(name: string): void {
    Reflect.deleteProperty(this.#live('remove an attribute'), name)
  }

  /** Ends the session on every node, for ever; the answer waits for them and takes the cookie away. `req.session` is undefined at once. */
  invalidate(): void {
    void this.#live('invalidate').destroy()
  }

  /** HttpServletRequest has it. The same session under a new id, which is returned; the old id is dead with the next commit. Do it at every login. */
  changeSessionId(): string {
    return this.#live('change the id').changeId()
  }

  #live(action: string): RequestSession & Record<string, unknown> {
    if (!this.#session[isLive]) throw new SessionInvalidatedError(action)
    return this.#session
  }
}
