import {
  BadMaxInactiveIntervalError,
  SessionInvalidatedError,
  SessionLockLostError,
  SessionReadOnlyError,
  UsersDisabledError,
} from '../errors.js'
import type { SessionLock } from '../lock/session-lock.js'
import type { SessionCopy } from '../manager/session-copy.js'
import { CREATED_AT, type Entry, plainName, propertyName } from '../state/entry.js'
import type { VersionToken } from '../state/version-token.js'
import { type Login, loginFrom, USER_NAME } from '../users/login.js'
import { ClientSight } from './client-sight.js'
import { type CollectedChanges, RequestView } from './request-view.js'
import type { LoginMoment, SessionOrigin } from './session-origin.js'

const MAX_INACTIVE = propertyName('maxInactiveInterval')

/**
 * One request's working copy of a session, with Tomcat's verbs. Nothing leaves this node before `Manager.requestCompleted`. Each request has its own,
 * so that what it changed can be told from what another request changed meanwhile.
 */
export class DeltaSession {
  readonly #origin: SessionOrigin
  readonly #view: RequestView
  #id: string
  #replaces: string | undefined
  #adoptedId: string | undefined
  #ended: 'no' | 'here' | 'known' = 'no'
  readonly #sight: ClientSight
  #mayBeOld = false
  /** The lock under which it commits; absent: without one. */
  lock: SessionLock | undefined
  /** True: what is changed is refused, each attribute with SessionReadOnlyError. */
  isReadOnly = false
  #begun: LoginMoment | undefined

  /** `copy` is absent for a session that does not exist yet; `replaces` is the id that dies with the first commit. */
  constructor(origin: SessionOrigin, id: string, copy?: SessionCopy, replaces?: string) {
    this.#origin = origin
    this.#id = id
    this.#view = new RequestView(origin, copy)
    this.#sight = new ClientSight(origin)
    this.#replaces = replaces
    this.#begun = origin.logins?.now()
    if (!copy) this.#view.write(CREATED_AT, origin.wallTime())
  }

  /** Begins empty. `former`: what is left under its id, of a session that has expired, or has ended and then stays so. */
  static created(origin: SessionOrigin, id: string, former: SessionCopy | undefined): DeltaSession {
    const session = new DeltaSession(origin, id, former)
    session.#view.removeAll()
    return session
  }

  /**
   * A session that exists, as its client's cookie says, and of which nobody within reach has a copy: begins empty, and is merged with what it was when that is
   * in reach again. It is not created here.
   */
  static adopted(origin: SessionOrigin, id: string, seen: VersionToken): DeltaSession {
    const session = new DeltaSession(origin, id)
    session.#view.reset()
    session.#adoptedId = id
    return session.isOlderThan(seen)
  }

  /** The id under which it was adopted. */
  get adoptedId(): string | undefined {
    return this.#adoptedId
  }

  /** Changes with `changeSessionId`. */
  get id(): string {
    return this.#id
  }

  /** True until its first commit. */
  get isNew(): boolean {
    return this.copy === undefined
  }

  /** False after `invalidate`, or when the session has been invalidated elsewhere. */
  get isValid(): boolean {
    return this.#ended === 'no' && this.copy?.kind !== 'dead'
  }

  /** True when a commit would find something besides the session's mere existence. Encodes what was read. */
  get isDirty(): boolean {
    if (this.#ended === 'here' || (this.#replaces !== undefined && !this.isNew)) return true
    const { values, refused } = this.collectChanges()
    if (this.isNew && this.#view.keepsLocal) return true
    return refused.size > 0 || [...values.keys()].some(name => !this.isNew || name !== CREATED_AT)
  }

  /** The last change that this node knows of was made by this process. */
  get isPrimary(): boolean {
    const { entries } = this.#view.current
    const last = entries.reduce<Entry | undefined>((a, b) => (a && a.stamp > b.stamp ? a : b), undefined)
    return last === undefined || this.#origin.isOwnWriter(last.actor)
  }

  /** Epoch milliseconds. */
  get creationTime(): number {
    return Number(this.#view.read(CREATED_AT) ?? this.#origin.wallTime())
  }

  /** Epoch milliseconds of the last use that this node knows of. */
  get lastAccessedTime(): number {
    return this.copy ? this.#origin.wallTimeOf(this.copy.accessedAtMs) : this.creationTime
  }

  /** Milliseconds since then. */
  get idleTime(): number {
    return Math.max(0, this.#origin.wallTime() - this.lastAccessedTime)
  }

  /** Seconds; ≤ 0: never expires. */
  get maxInactiveInterval(): number {
    return Number(this.#view.read(MAX_INACTIVE) ?? this.#origin.maxInactiveIntervalSeconds)
  }

  /** Fractions count to the millisecond. Throws BadMaxInactiveIntervalError. */
  set maxInactiveInterval(seconds: number) {
    if (typeof seconds !== 'number' || Number.isNaN(seconds)) throw new BadMaxInactiveIntervalError(seconds)
    this.#view.write(MAX_INACTIVE, seconds)
  }

  /** It lives as long as the manager's sessions do if nothing else is said. */
  resetMaxInactiveInterval(): void {
    if (this.#view.read(MAX_INACTIVE) !== undefined) this.#view.write(MAX_INACTIVE, undefined)
  }

  /** What the client will have seen after the last commit. */
  get token(): VersionToken {
    return this.#sight.tokenAfter(this.#view)
  }

  attributeNames(): readonly string[] {
    return this.#view.attributeNames()
  }

  /** Decoded at the first call and the same object afterwards: what is changed inside it is found at the end of the request. */
  getAttribute(name: string): unknown {
    return this.#view.readAttribute(name)
  }

  /** What cannot be kept is refused by the commit. Throws SessionInvalidatedError. */
  setAttribute(name: string, value: unknown): void {
    this.#assertValid('set an attribute')
    this.#view.writeAttribute(name, value)
  }

  removeAttribute(name: string): void {
    this.#assertValid('remove an attribute')
    this.#view.removeAttribute(name)
  }

  /** Settings that travel with the session but are no attributes of the application (the cookie's, …). */
  getProperty(name: string): unknown {
    return this.#view.read(propertyName(name))
  }

  setProperty(name: string, value: unknown): void {
    this.#assertValid('set a property')
    this.#view.write(propertyName(name), value)
  }

  /** Whose session it is, as `setUser` or the option `users` says. */
  get user(): string | undefined {
    return this.login?.user
  }

  /**
   * Says whose session it is; undefined: nobody's any more. Throws BadUserIdError (`HA_BAD_USER_ID`), TooManyUserSessionsError
   * (`HA_TOO_MANY_USER_SESSIONS`), and UsersDisabledError (`HA_USERS_DISABLED`) without the option `users`.
   */
  setUser(userId: string | number | undefined): void {
    const { logins } = this.#origin
    if (!logins) throw new UsersDisabledError('set the user of a session')
    this.setProperty(USER_NAME, userId === undefined ? undefined : logins.login(userId, this.begun, this))
  }

  /** Ends the session everywhere, for ever, with the next `requestCompleted`. */
  invalidate(): void {
    this.#assertValid('invalidate')
    this.#ended = 'here'
  }

  /** The same data under a new id; the old id dies with the next `requestCompleted`, in the same frame. Returns the new id. */
  changeSessionId(id = this.#origin.newSessionId()): string {
    this.#assertValid('change the id')
    if (!this.isNew || this.#adoptedId !== undefined) this.#replaces ??= this.#id
    this.#id = id
    return this.#id
  }

  /** Throws away what was not committed and reads this node's copy again. */
  reload(): void {
    this.#view.reset(this.isNew ? [CREATED_AT] : [])
  }

  /** Looks at this node's copy again: what was only read shows as it is now, what was changed stays changed. */
  lookAgain(): void {
    this.#view.lookAgain()
  }

  /** Attributes that this request read or wrote and that another has changed since, other than those whose values are merged. */
  overtaken(): readonly string[] {
    return this.#view.overtaken().map(plainName)
  }

  // What follows is for managers.

  /**
   * To be called between a commit's stamp and the commit: see docs/design/0007. Throws SessionLockLostError when it was to be made under a lock whose lease has
   * ended; nothing that was changed is left then.
   */
  assertLocked(): void {
    if (!this.lock || this.lock.isHeld) return
    this.#view.reset()
    if (this.#replaces !== undefined) this.#id = this.#replaces
    this.#replaces = undefined
    throw new SessionLockLostError()
  }

  get login(): Login | undefined {
    return loginFrom(this.getProperty(USER_NAME))
  }

  /** When its request began, where that matters. */
  get begun(): LoginMoment {
    return this.#begun ?? this.#origin.logins?.now() ?? { stamp: 0, heard: 0 }
  }

  /** It goes on where the request had another session before. */
  begunWith({ begun }: DeltaSession): this {
    this.#begun &&= begun
    return this
  }

  /** The id whose death travels with the next commit. */
  get replaces(): string | undefined {
    return this.#replaces
  }

  /** The client is served by an older copy than it has seen: its token keeps naming what it has seen. */
  isOlderThan(seen: VersionToken): this {
    this.#sight.brought(seen)
    return this
  }

  /** Its client's token says when the session was used last, and goes on saying so while it matters. */
  tellUse(): this {
    this.#sight.tellUse()
    return this
  }

  /** Its copy may be out of date, and the session even dead: what is built on it is told with all that it was built on. */
  mayBeOld(): this {
    this.#mayBeOld = true
    return this
  }

  get isDoubtful(): boolean {
    return this.#mayBeOld
  }

  get seen(): VersionToken {
    return this.#sight.seen
  }

  get copy(): SessionCopy | undefined {
    return this.#view.copy
  }

  /** True when `invalidate` was called and the death has not been committed. */
  get isDying(): boolean {
    return this.#ended === 'here'
  }

  /** The table has another copy of this session now: this one had been dropped and has come back. */
  follow(copy: SessionCopy): void {
    this.#view.follow(copy)
  }

  /** Compares what this request read or wrote with what it found. */
  collectChanges(): CollectedChanges {
    const changes = this.#view.collectChanges()
    if (!this.isReadOnly) return changes
    for (const name of changes.values.keys()) changes.refused.set(name, new SessionReadOnlyError(plainName(name)))
    changes.values.clear()
    return changes
  }

  /** What a session under a new id consists of: these changes, and what is there beside them. */
  withAll(changes: CollectedChanges): CollectedChanges {
    return this.#view.withAll(changes, this.creationTime)
  }

  /** These could not be kept: they go back to what they were. */
  refused(names: Iterable<string>): void {
    this.#view.refused(names)
  }

  /** The commit was merged into `copy`: from now on that is what changes are compared with. */
  committed(copy: SessionCopy): void {
    this.#view.committed(copy)
    this.lock?.wrote(copy)
    // What its client had seen under the former id never comes under this one.
    if (this.#replaces !== undefined) this.#sight.forget()
    this.#replaces = undefined
    this.#id = copy.id
  }

  /** The session is dead, and everybody who must know has been told. */
  ended(): void {
    this.#ended = 'known'
    this.#replaces = undefined
  }

  /** The entry of `name` that this request has based its value on. */
  baseOf(name: string): Entry | undefined {
    return this.#view.baseOf(name)
  }

  #assertValid(action: string): void {
    if (!this.isValid) throw new SessionInvalidatedError(action)
  }
}
