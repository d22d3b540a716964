import type { AcknowledgementLevel, DeltaSession } from '@clowder/ha'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { type CookieOverrides, idleSecondsOf, overridesOf, SessionCookie, soundIn } from '../cookie/session-cookie.js'
import { type AttributeAccessors, type AttributeOwner, readAttribute, writeAttribute } from './attribute-accessors.js'
import { reserveMembers } from './reserved-members.js'
import { type CommitOptions, calledWith, type SessionCallback, settled } from './settled.js'

/** The verbs of a session that need its request. */
export interface SessionKeeper {
  readonly accessors: AttributeAccessors
  readonly cookieDefaults: CookieSettings
  /** What a session made by this request begins with instead. */
  readonly initialCookie: CookieSettings | undefined
  readonly isStale: boolean
  readonly originalRoute: string | undefined
  /** For a new session; undefined: whatever the manager likes. */
  newId(): string | undefined
  save(session: RequestSession, acknowledge?: AcknowledgementLevel): Promise<void>
  reload(session: RequestSession): Promise<void>
  regenerate(session: RequestSession): Promise<void>
  destroy(session: RequestSession, acknowledge?: AcknowledgementLevel): Promise<void>
  touch(session: RequestSession): void
  lock(session: RequestSession, options: SessionLockOptions): Promise<void>
  unlock(session: RequestSession): Promise<void>
}

/** How `lock` of one session waits. */
export interface SessionLockOptions {
  /** Milliseconds to wait for it, at most ten minutes; in 0 it cannot be had. @default valve.lock.timeout */
  readonly timeout?: number
}

/** The session property that holds what `req.session.cookie` was set to. */
export const COOKIE_PROPERTY = 'cookie'

export const begin = Symbol('clowder.begin')
export const collect = Symbol('clowder.collect')
export const expose = Symbol('clowder.expose')
export const isLive = Symbol('clowder.isLive')
export const refresh = Symbol('clowder.refresh')
export const settings = Symbol('clowder.settings')
/** What an attribute's accessor answers while changes are collected: an own property that answers otherwise was assigned by the application. */
const KEPT = Symbol('clowder.kept')

/**
 * `req.session`. Its own enumerable properties are the session's attributes, so that assigning, deleting, spreading and `JSON.stringify` do what they do
 * with any object; what it offers besides stands on the prototype and cannot be assigned. Attributes are decoded when first read. Nothing is told to
 * anybody before the answer starts, or `save`. `JSON.stringify(req.session)` gives the attributes alone, without the cookie.
 *
 * `regenerate`, `destroy`, `save` and `reload` have done their work on this node when they return: what follows in the same turn already sees it. Their
 * promise resolves, and their callback is called, when as many members as asked hold it.
 */
export class RequestSession implements AttributeOwner {
  readonly #delta: DeltaSession
  readonly #keeper: SessionKeeper
  #exposed: string[] = []
  #isCollecting = false
  #cookie: SessionCookie | undefined

  constructor(delta: DeltaSession, keeper: SessionKeeper) {
    this.#delta = delta
    this.#keeper = keeper
    this[expose]()
  }

  get id(): string {
    return this.#delta.id
  }

  /** True until it is first saved. */
  get isNew(): boolean {
    return this.#delta.isNew
  }

  /** True when this client has seen a later state of the session than this node could get hold of. */
  get isStale(): boolean {
    return this.#keeper.isStale
  }

  /** True when its lock could not be had in time and `valve.lock.whenTimedOut` is 'readOnly': what is changed is refused. */
  get isReadOnly(): boolean {
    return this.#delta.isReadOnly
  }

  /** True when the session's last change that this node knows of was made here (Tomcat: primaryIndicator). A hint on how sticky a balancer is, and nothing else. */
  get isPrimary(): boolean {
    return this.#delta.isPrimary
  }

  get createdAt(): Date {
    return new Date(this.#delta.creationTime)
  }

  get lastAccessedAt(): Date {
    return new Date(this.#delta.lastAccessedTime)
  }

  /** Seconds that the session may be idle; ≤ 0: for ever. `setMaxInactiveInterval` changes it. */
  get maxInactiveInterval(): number {
    return this.#delta.maxInactiveInterval
  }

  /** The node that the client's cookie named, when it is not this one. A client can write there what it likes: good for statistics only. */
  get originalRoute(): string | undefined {
    return this.#keeper.originalRoute
  }

  get cookie(): SessionCookie {
    this.#cookie ??= new SessionCookie(this[settings]())
    return this.#cookie
  }

  setMaxInactiveInterval(seconds: number): void {
    this.#delta.maxInactiveInterval = seconds
  }

  /** Who is logged in, as `setPrincipal` or `cluster.singleSignOn.login` was told, here or in another application of the cluster; a copy. */
  get principal(): unknown {
    return this.#delta.getProperty('principal')
  }

  /** How, in the application's own words. */
  get authType(): string | undefined {
    return this.#delta.getProperty('authType') as string | undefined
  }

  /**
   * Says who is logged in, and how: plain data, replicated with the session beside its attributes. Undefined: nobody. Change the id in the same request, so that no id from
   * before the login is good after it. With single sign-on `login` and `logout` do both.
   */
  setPrincipal(principal: unknown, authType?: string): void {
    this.#delta.setProperty('principal', principal)
    this.#delta.setProperty('authType', authType)
  }

  /** Whose session it is, as `setUser` or the option `users` says; undefined: nobody is logged in. */
  getUser(): string | undefined {
    return this.#delta.user
  }

  /**
   * Says whose session it is, for `cluster.sessions.of` and `endAll`; undefined: nobody's any more. Not needed where the option `users.attribute` says so. Throws BadUserIdError
   * (`HA_BAD_USER_ID`), TooManyUserSessionsError (`HA_TOO_MANY_USER_SESSIONS`), and UsersDisabledError (`HA_USERS_DISABLED`) without the option `users`.
   */
  setUser(userId: string | number | undefined): void {
    this.#delta.setUser(userId)
  }

  /** The same data under a new id, once the answer starts or `save` is called; the old id is dead then. Returns the new id. */
  changeId(): string {
    return this.#delta.changeSessionId(this.#keeper.newId())
  }

  /** A new, empty session takes this one's place: `req.session` is another object at once, this one can still be read. Do it at every login. */
  regenerate(callback?: SessionCallback): Promise<void> {
    return settled(this.#keeper.regenerate(this), callback)
  }

  /** Ends the session on every node, for ever. `req.session` is undefined at once, and the answer clears the cookie. */
  destroy(callback?: SessionCallback): Promise<void>
  destroy(options: CommitOptions, callback?: SessionCallback): Promise<void>
  destroy(first?: CommitOptions | SessionCallback, second?: SessionCallback): Promise<void> {
    const { acknowledge, callback } = calledWith(first, second)
    return settled(this.#keeper.destroy(this, acknowledge), callback)
  }

  /** Commits now instead of when the answer starts; an answer waits for it. Rejects with the first attribute that could not be kept; the others are. */
  save(callback?: SessionCallback): Promise<void>
  save(options: CommitOptions, callback?: SessionCallback): Promise<void>
  save(first?: CommitOptions | SessionCallback, second?: SessionCallback): Promise<void> {
    const { acknowledge, callback } = calledWith(first, second)
    return settled(this.#keeper.save(this, acknowledge), callback)
  }

  /** Throws away what was not saved and shows what this node knows now. Rejects with SessionGoneError when the session has ended. */
  reload(callback?: SessionCallback): Promise<void> {
    return settled(this.#keeper.reload(this), callback)
  }

  /**
   * Has the session to itself, in the whole cluster, until the answer starts or `unlock`; where there is no answer, as on a WebSocket, until `save` or `unlock`, which belongs into a `finally` then, or the request's connection closes. To be called before anything is read: what was read before is read anew, what was
   * assigned stays. Rejects with SessionLockTimeoutError (`HTTP_SESSION_LOCK_TIMEOUT`), with SessionGoneError when the session has ended, or,
   * with `whenStale: 'refuse'`, with StaleSessionError (`HTTP_STALE_SESSION`) when what its last holder wrote is out of reach; else `isStale` says that.
   */
  lock(options: SessionLockOptions = {}): Promise<void> {
    return settled(this.#keeper.lock(this, options), undefined)
  }

  /** Commits, as `save`, and lets the next have it: for requests that go on for long. */
  unlock(): Promise<void> {
    return settled(this.#keeper.unlock(this), undefined)
  }

  /** Counts as a use, and gives the cookie its full lifetime again if the answer has not started. A request does the first by itself. */
  touch(): this {
    this.#keeper.touch(this)
    return this
  }

  // What follows is for the exchange that this session belongs to; symbols keep it out of the application's way.

  /** False once the session has ended, here or elsewhere. */
  get [isLive](): boolean {
    return this.#delta.isValid
  }

  [readAttribute](name: string): unknown {
    return this.#isCollecting ? KEPT : this.#delta.getAttribute(name)
  }

  [writeAttribute](name: string, value: unknown): void {
    // Ended elsewhere during this request: what it changes is lost with the session, and that is no reason to fail.
    if (this.#delta.isValid) this.#delta.setAttribute(name, value)
  }

  /** The cookie's settings: as assigned in this request, as saved with the session, or as the valve has them. */
  [settings](): CookieSettings {
    return this.#cookie ?? this.#savedCookie()
  }

  /** Gives a new session, about to be kept for the first time, what it has besides attributes. */
  [begin](): void {
    const { maxAge } = this[settings]()
    if (maxAge !== null) this.#delta.maxInactiveInterval = idleSecondsOf(maxAge)
    const own = overridesOf(this[settings](), this.#keeper.cookieDefaults)
    if (Object.keys(own).length > 0) this.#delta.setProperty(COOKIE_PROPERTY, own)
  }

  /** Hands to the delta what the application did by assigning and deleting properties. */
  [collect](): void {
    this.#isCollecting = true
    try {
      for (const name of Object.keys(this)) this.#collectAssigned(name)
      this.#exposed = this.#exposed.filter(name => this.#isKept(name))
    } finally {
      this.#isCollecting = false
    }
    // That of a new session is no reason to keep it.
    if (this.#cookie && !this.#delta.isNew) this.#collectCookie(this.#cookie)
  }

  /** Makes properties of the attributes that have none. Those of other requests appear here after a commit. */
  [expose](): void {
    for (const name of this.#delta.attributeNames()) {
      if (!Object.hasOwn(this, name) && !reservedNames.has(name)) this.#exposeAttribute(name)
    }
  }

  /** Forgets everything assigned here and shows what the delta has. */
  [refresh](): void {
    for (const name of Object.keys(this)) Reflect.deleteProperty(this, name)
    this.#exposed = []
    this.#cookie = undefined
    this[expose]()
  }

  #exposeAttribute(name: string): void {
    Object.defineProperty(this, name, this.#keeper.accessors.of(name))
    this.#exposed.push(name)
  }

  #collectAssigned(name: string): void {
    const value: unknown = Reflect.get(this, name)
    if (value === KEPT) return
    this.#delta.setAttribute(name, value)
    this.#exposeAttribute(name)
  }

  #isKept(name: string): boolean {
    if (Object.hasOwn(this, name)) return true
    this.#delta.removeAttribute(name)
    return false
  }

  #collectCookie(cookie: SessionCookie): void {
    const saved = this.#savedCookie()
    if (cookie.maxAge !== saved.maxAge && cookie.maxAge !== null) {
      this.#delta.maxInactiveInterval = idleSecondsOf(cookie.maxAge)
    }
    if (Object.keys(overridesOf(cookie, saved)).length > 0) {
      this.#delta.setProperty(COOKIE_PROPERTY, overridesOf(cookie, this.#keeper.cookieDefaults))
    }
  }

  #savedCookie(): CookieSettings {
    const { cookieDefaults, initialCookie = cookieDefaults } = this.#keeper
    return cookieSettings(this.#delta, this.#delta.isNew ? initialCookie : cookieDefaults)
  }
}

/** Attributes of these names, written by other means, are kept but not shown. */
const reservedNames = reserveMembers(RequestSession.prototype)

/** The valve's settings, but for what this session has of its own. */
export function cookieSettings(delta: DeltaSession, defaults: CookieSettings): CookieSettings {
  const overrides = delta.getProperty(COOKIE_PROPERTY) as CookieOverrides | undefined
  return overrides ? { ...defaults, ...soundIn(overrides) } : defaults
}
