import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Commit, type DeltaSession, SessionLockLostError, type VersionToken, withUncovered } from '@clowder/ha'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { idleSecondsOf } from '../cookie/session-cookie.js'
import { type HttpError, SessionGoneError } from '../errors.js'
import { ExchangeLock } from '../lock/exchange-lock.js'
import { refuseUnlocked, unlockedAnswer } from '../lock/valve-locks.js'
import { HeldResponse, type ResponseWatcher } from '../response/held-response.js'
import type { AttributeAccessors } from '../session/attribute-accessors.js'
import {
  collect,
  cookieSettings,
  expose,
  RequestSession,
  refresh,
  type SessionKeeper,
  type SessionLockOptions,
  settings,
} from '../session/request-session.js'
import type { Session } from '../session/session-data.js'
import { CommitReport } from './commit-report.js'
import { ExchangeCookie } from './exchange-cookie.js'
import { markStale, refuseStale } from './stale-answer.js'
import type { ValveContext } from './valve-context.js'

/**
 * One request and its session, from the cookie that came to the cookie that goes. As long as the handler does not look at `req.session`, nothing is made,
 * compared or committed, and the response is left alone unless its cookie is due anyway.
 */
export class SessionExchange implements SessionKeeper, ResponseWatcher {
  readonly #context: ValveContext
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #cookie: ExchangeCookie
  #delta: DeltaSession | undefined
  #session: RequestSession | undefined
  #response: HeldResponse | undefined
  /** The cookie that takes the client's away, once the session has been ended here. */
  #farewell: string | undefined
  #hasEnded = false
  #isStale = false
  /** Saved even when empty: `save` was called, or an old session dies with the first commit of this one. */
  #mustSave = false
  #commitReport: CommitReport | undefined
  /** Made when it is needed. */
  #lock: ExchangeLock | undefined
  /** Why nothing that the request changed is kept, and its answer not given. */
  #refusal: Error | undefined

  constructor(context: ValveContext, req: IncomingMessage, res: ServerResponse) {
    this.#context = context
    this.#req = req
    this.#res = res
    this.#cookie = new ExchangeCookie(context, req)
  }

  /** Finds the session that the cookie names; at once if this node has it. False: the request has been answered and must not go on. */
  open(): boolean | Promise<boolean> {
    const cookie = this.#cookie.read()
    if (!cookie) return this.#opened()
    const { isWanted } = this.#context.locks
    return isWanted?.(this.#req) ? this.#openLocked(cookie.id, cookie.token) : this.#find(cookie.id, cookie.token)
  }

  #find(id: string, seen: VersionToken): boolean | Promise<boolean> {
    const found = this.#context.manager.findSession(id, seen)
    switch (found.kind) {
      case 'here':
        this.#adopt(found.session)
        return this.#opened()
      case 'dead':
        return this.#opened()
      case 'behind':
      case 'unknown':
        return this.#pull(id, seen)
    }
  }

  /** The lock first: what is found after that is what its last holder left. */
  async #openLocked(id: string, seen: VersionToken): Promise<boolean> {
    this.#interceptResponse()
    const lock = this.#locking
    if (!(await lock.open(id))) {
      if (!lock.isOver) refuseUnlocked(this.#res)
      return false
    }
    const goesOn = await this.#find(id, lock.seen ? withUncovered(seen, lock.seen, []) : seen)
    // A session that has ended needs no lock, and a new one is nobody else's.
    if (!goesOn || !this.#delta) lock.release()
    return goesOn
  }

  /** The first look makes a session if there is none. Throws TooManyActiveSessionsError. */
  get session(): Session | undefined {
    if (!this.#session && !this.#hasEnded) {
      // Ended by another request between its being found and this first look at it.
      if (this.#delta?.isValid === false) this.#delta = undefined
      this.#delta ??= this.#context.manager.createSession()
      this.#interceptResponse()
      this.#session = new RequestSession(this.#delta, this)
    }
    return this.#session
  }

  get accessors(): AttributeAccessors {
    return this.#context.accessors
  }

  get cookieDefaults(): CookieSettings {
    return this.#context.options.cookie
  }

  get isStale(): boolean {
    return this.#isStale
  }

  get originalRoute(): string | undefined {
    return this.#cookie.originalRoute
  }

  async save(session: RequestSession): Promise<void> {
    if (session !== this.#session || !this.#delta!.isValid) throw new SessionGoneError('save')
    this.#mustSave = true
    const late = this.#lockLate()
    const refusal = late && (await late)
    if (refusal) throw refusal
    const commit = this.#commit()
    session[expose]()
    await commit?.acknowledged
    if (commit?.refused[0]) throw commit.refused[0]
  }

  async lock(session: RequestSession, { timeout }: SessionLockOptions): Promise<void> {
    const delta = this.#delta!
    if (session !== this.#session || !delta.isValid) throw new SessionGoneError('lock')
    session[collect]()
    await this.#locking.takeFor(delta, timeout ?? this.#context.locks.options.timeout)
    session[refresh]()
  }

  async unlock(session: RequestSession): Promise<void> {
    await this.save(session)
    this.#lock?.release()
  }

  async reload(session: RequestSession): Promise<void> {
    const delta = this.#delta!
    if (session !== this.#session || !delta.isValid) throw new SessionGoneError('load')
    delta.reload()
    session[refresh]()
  }

  async regenerate(session: RequestSession): Promise<void> {
    if (this.#session && session !== this.#session) throw new SessionGoneError('regenerate')
    this.#delta = this.#context.manager.replaceSession(this.#delta!)
    this.#session = new RequestSession(this.#delta, this)
    this.#farewell = undefined
    this.#hasEnded = false
    this.#isStale = false
    this.#mustSave = true
  }

  async destroy(session: RequestSession): Promise<void> {
    if (session === this.#session) await this.end()?.acknowledged
  }

  touch(session: RequestSession): void {
    if (session !== this.#session) return
    this.#cookie.renew()
    if (!session.isNew) this.#context.manager.findSession(session.id)
  }

  /** What `req.session = null` does. */
  end(): Commit | undefined {
    if (this.#hasEnded) return undefined
    this.#interceptResponse()
    this.#farewell = this.#cookie.clear(this.#settings())
    this.#session = undefined
    this.#hasEnded = true
    const commit = this.#delta?.isValid ? this.#kill(this.#delta) : undefined
    this.#lock?.release()
    return commit
  }

  /** A request that was taken for a reader and has changes takes its lock now. */
  headersDue(): Promise<unknown> | undefined {
    const late = this.#lockLate()
    return late?.then(refusal => {
      this.#refusal = refusal
    })
  }

  headersStarting(): string | undefined {
    if (this.#refusal) this.#failed(this.#refusal)
    else this.#commitQuietly()
    this.#lock?.headersStarted()
    if (this.#refusal) return this.#refuse()
    const delta = this.#delta
    if (this.#farewell || !delta) return this.#farewell
    // Another request ended it meanwhile: what is shown here is over, and no cookie may go that says how far this client has read.
    if (this.#session && !delta.isValid) this.#countStale()
    return this.#cookie.isDue(delta, this.#session !== undefined)
      ? this.#cookie.render(delta, this.#settings())
      : undefined
  }

  responseEnding(): void {
    if (this.#commitQuietly()?.changed) this.#context.statistics.nrOfLateCommits++
    this.#lock?.end()
  }

  responseAborted(): void {
    this.#commitQuietly()
    this.#lock?.end()
  }

  responseFailed(error: unknown): void {
    this.#report.answerFailed(error)
  }

  #opened(): boolean {
    if (!this.#context.options.saveUninitialized) return true
    try {
      void this.session
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'a client goes without a session: none can be made')
    }
    return true
  }

  #adopt(delta: DeltaSession): void {
    this.#delta = delta
    this.#lock?.guard(delta)
    if (this.#cookie.isDue(delta, false)) this.#interceptResponse()
  }

  async #pull(id: string, seen: VersionToken): Promise<boolean> {
    this.#context.statistics.nrOfPulls++
    const loaded = await this.#context.manager.loadSession(id, seen)
    if (loaded.kind === 'none') return this.#opened()
    if (loaded.stale && !this.#admitStale()) return false
    this.#adopt(loaded.session)
    return this.#opened()
  }

  #admitStale(): boolean {
    const { statistics, options } = this.#context
    if (options.whenStale === 'refuse') {
      statistics.nrOfRefusedRequests++
      refuseStale(this.#res)
      return false
    }
    this.#countStale()
    this.#isStale = true
    return true
  }

  #countStale(): void {
    this.#context.statistics.nrOfStaleAnswers++
    markStale(this.#res)
  }

  #interceptResponse(): HeldResponse {
    this.#response ??= new HeldResponse(this.#res, this, this.#req.httpVersionMajor)
    return this.#response
  }

  /** Nothing when the session was not looked at, has ended, or is new and empty. Throws what the manager throws, logged. */
  #commit(): Commit | undefined {
    if (this.#refusal) throw this.#refusal
    const delta = this.#delta
    if (!this.#session || !delta?.isValid) return undefined
    try {
      this.#session[collect]()
      return this.#isWorthSaving(delta) ? this.#complete(delta) : undefined
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** An answer goes out whatever becomes of its session. */
  #commitQuietly(): Commit | undefined {
    try {
      return this.#commit()
    } catch (error) {
      if (error instanceof SessionLockLostError) this.#refusal = error
      return undefined
    }
  }

  /** What the application would answer is not true: nothing that it changed in the session is kept. */
  #refuse(): undefined {
    const { status, headers, body } = unlockedAnswer
    this.#interceptResponse().replace(status, headers, body)
  }

  /** Absent unless the request was taken for a reader and has changes. */
  #lockLate(): Promise<HttpError | undefined> | undefined {
    const delta = this.#delta
    if (!this.#context.locks.learns || !this.#session || !delta?.isValid) return undefined
    this.#session[collect]()
    return this.#locking.isDue(delta) ? this.#locking.takeLate(delta) : undefined
  }

  get #locking(): ExchangeLock {
    this.#lock ??= new ExchangeLock(this.#context, this.#req)
    return this.#lock
  }

  #kill(delta: DeltaSession): Commit {
    try {
      delta.invalidate()
      return this.#complete(delta)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #isWorthSaving(delta: DeltaSession): boolean {
    return !delta.isNew || this.#mustSave || this.#context.options.saveUninitialized || delta.isDirty
  }

  #complete(delta: DeltaSession): Commit {
    const { maxAge } = this.#settings()
    if (delta.isNew && maxAge !== null) delta.maxInactiveInterval = idleSecondsOf(maxAge)
    const commit = this.#context.manager.requestCompleted(delta, this.#context.options.acknowledge)
    if (commit.changed) this.#cookie.renew()
    this.#lock?.committed(commit.changed)
    if (commit.acknowledged) this.#interceptResponse().waitFor(commit.acknowledged)
    this.#report.committed(commit)
    return commit
  }

  #failed(error: unknown): unknown {
    this.#report.failed(error)
    return error
  }

  get #report(): CommitReport {
    this.#commitReport ??= new CommitReport(this.#context, this.#req)
    return this.#commitReport
  }

  #settings(): CookieSettings {
    if (this.#session) return this.#session[settings]()
    return this.#delta ? cookieSettings(this.#delta, this.cookieDefaults) : this.cookieDefaults
  }
}
