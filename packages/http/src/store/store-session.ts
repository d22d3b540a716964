import { failureOf } from './soon.js'
import { StoreCookie } from './store-cookie.js'

/** A request, as far as the session needs it. */
export interface SessionRequest {
  sessionID?: string
  session?: unknown
  sessionStore?: SessionRequestStore
}

/** The verbs that a session leaves to its store. */
interface SessionRequestStore {
  get(id: string, callback: (error: unknown, data?: object | null) => void): unknown
  set(id: string, session: object, callback: (error: unknown) => void): unknown
  destroy(id: string, callback?: (error?: unknown) => void): unknown
  regenerate(req: SessionRequest, callback?: (error?: unknown) => void): unknown
  createSession(req: SessionRequest, data: object): unknown
}

type Done = (error?: unknown) => void

/**
 * `req.session` of a request whose session was found in the store, for express-session: the same verbs as its own Session. Its own enumerable properties are the session's data
 * and the cookie, and nothing else.
 */
export class StoreSession {
  declare readonly req: SessionRequest
  declare readonly id: string
  declare cookie: StoreCookie

  constructor(req: SessionRequest, data: { readonly cookie: Readonly<Record<string, unknown>> }) {
    Object.defineProperty(this, 'req', { value: req })
    Object.defineProperty(this, 'id', { value: req.sessionID })
    const { cookie, ...attributes } = data
    this.cookie = new StoreCookie(cookie)
    // What has the name of a verb stays in the store, and is not shown.
    for (const [name, value] of Object.entries(attributes)) if (!(name in this)) Reflect.set(this, name, value)
  }

  /** Gives the cookie its full lifetime again. express-session does it at the end of each request. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  }

  save(done: Done = () => {}): this {
    this.#store.set(this.id, this, done)
    return this
  }

  /** Afterwards `req.session` is another object, with what the store has now. */
  reload(done: Done = () => {}): this {
    const store = this.#store
    store.get(this.id, (error, data) => {
      if (error) return done(error)
      if (!data) return done(new Error('failed to load session'))
      done(failureOf(() => store.createSession(this.req, data)))
    })
    return this
  }

  destroy(done?: Done): this {
    delete this.req.session
    this.#store.destroy(this.id, done)
    return this
  }

  regenerate(done?: Done): this {
    this.#store.regenerate(this.req, done)
    return this
  }

  get #store(): SessionRequestStore {
    return this.req.sessionStore!
  }
}
